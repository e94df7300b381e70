/**
 * How a probe at a system call's entry symbol reaches the caller's arguments. Since 4.17 these symbols get one
 * pointer to the saved registers (arch/x86/include/asm/syscall_wrapper.h, arch/arm64/include/asm/syscall_wrapper.h);
 * the offsets are those of `struct pt_regs`.
 */
export interface SyscallAbi {
  /** Fetch expression of argument n (from 0), for kprobe events. */
  argument(n: number): string;
  /** The caller's pointers are 8 bytes wide, so that arrays of pointers can be followed. */
  wide: boolean;
}

/** @returns null for an entry symbol whose calling convention is not known: it can be traced, but not its arguments */
export function abiOf(symbol: string): SyscallAbi | null {
  for (const [prefix, abi] of ABIS) if (symbol.startsWith(prefix)) return abi;
  return null;
}

/** x86-64 pt_regs: rdi rsi rdx r10 r8 r9. */
const X64: SyscallAbi = {
  argument: saved('%di', [112, 104, 96, 56, 72, 64]),
  wide: true,
};
/** The same structure, entered through the 32-bit gate: ebx ecx edx esi edi. */
const IA32: SyscallAbi = {
  argument: saved('%di', [40, 88, 96, 104, 112]),
  wide: false,
};
/** arm64 pt_regs: x0 … x5 stand first. */
const ARM64: SyscallAbi = {
  argument: saved('%x0', [0, 8, 16, 24, 32, 40]),
  wide: true,
};
const ARM64_COMPAT: SyscallAbi = { ...ARM64, wide: false };

const ABIS: readonly [string, SyscallAbi][] = [
  ['__x64_sys_', X64],
  ['__ia32_', IA32],
  ['__arm64_compat_sys_', ARM64_COMPAT],
  ['__arm64_sys_', ARM64],
  // Before 4.17 the entry symbols took the arguments themselves.
  ['SyS_', { argument: (n) => `$arg${n + 1}`, wide: true }],
];

function saved(base: string, offsets: readonly number[]): (n: number) => string {
  return (n) => {
    const offset = offsets[n];
    if (offset === undefined) throw new RangeError(`system call argument ${n} is not in the saved registers`);
    return `+${offset}(${base})`;
  };
}
