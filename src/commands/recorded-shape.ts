/** A recording is somebody else's file: nothing in it is taken for what it should be without a look. */
export type Check<T> = (value: unknown) => T;

/** A value of a recording is not what it should be. */
export class ShapeError extends Error {}

export const isText: Check<string> = (value) => (typeof value === 'string' ? value : fail('text', value));
export const isNumber: Check<number> = (value) =>
  typeof value === 'number' ? value : fail('a number', value);
export const isFlag: Check<boolean> = (value) =>
  typeof value === 'boolean' ? value : fail('true or false', value);

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null || value === undefined ? null : check(value));
}

export function isList<T>(check: Check<T>): Check<T[]> {
  return (value) => (Array.isArray(value) ? value.map(check) : fail('a list', value));
}

export function isOneOf<T extends string>(...words: readonly T[]): Check<T> {
  return (value) => words.find((word) => word === value) ?? fail(words.join(' or '), value);
}

/** Fields that are not named are left out. */
export function isObject<T extends object>(fields: { readonly [K in keyof T]: Check<T[K]> }): Check<T> {
  return (value) => {
    const object = asObject(value);
    const known = Object.entries(fields).map(([name, check]) => [
      name,
      (check as Check<unknown>)(object[name]),
    ]);
    return Object.fromEntries(known) as T;
  };
}

export function isMap<T>(check: Check<T>): Check<Map<string, T>> {
  return (value) => new Map(Object.entries(asObject(value)).map(([name, each]) => [name, check(each)]));
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('an object', value);
  return value as Record<string, unknown>;
}

function fail(expected: string, came: unknown): never {
  const text = JSON.stringify(came) ?? String(came);
  throw new ShapeError(`expected ${expected}, got ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`);
}
