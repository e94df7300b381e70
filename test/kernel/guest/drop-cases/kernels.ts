/** The kernels of the lab, oldest first. */
export const KERNELS = ['5.10', '6.1', '6.12', '7.2'] as const;
export type Kernel = (typeof KERNELS)[number];

/** The one these tests run on. */
export function runningKernel(): Kernel {
  const kernel = KERNELS.find((name) => name === process.env.KWHO_LAB);
  if (kernel === undefined)
    throw new Error(`expected a kernel of the lab in KWHO_LAB, got ${process.env.KWHO_LAB}`);
  return kernel;
}

/** One value for all kernels, or values from a kernel on. */
export type PerKernel<T> = T | Since<T>;

export class Since<T> {
  readonly #values: Partial<Record<Kernel, T>>;

  constructor(values: Partial<Record<Kernel, T>>) {
    this.#values = values;
  }

  on(kernel: Kernel): T {
    for (const name of KERNELS.slice(0, KERNELS.indexOf(kernel) + 1).reverse())
      if (name in this.#values) return this.#values[name] as T;
    throw new Error(`no value for ${kernel}`);
  }
}

/** `since({ '5.10': a, '6.12': b })`: a on 5.10 and 6.1, b on 6.12 and 7.2. */
export function since<T>(values: Partial<Record<Kernel, T>>): Since<T> {
  return new Since(values);
}

export function valueOn<T>(value: PerKernel<T>, kernel: Kernel): T {
  return value instanceof Since ? value.on(kernel) : value;
}
