import { describe, expect, it } from 'vitest';
import { abiOf } from '../../src/tracefs/syscall-arguments.js';

describe('where an argument of a system call stands', () => {
  it.each<[string, string[], boolean]>([
    // arch/x86/include/asm/ptrace.h struct pt_regs: r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di, 8 bytes each.
    [
      '__x64_sys_syslog',
      ['di', 'si', 'dx', 'r10', 'r8', 'r9'].map((name) => `+${offsetOf(name)}(%di)`),
      true,
    ],
    ['__ia32_sys_syslog', ['bx', 'cx', 'dx', 'si', 'di'].map((name) => `+${offsetOf(name)}(%di)`), false],
    [
      '__ia32_compat_sys_execve',
      ['bx', 'cx', 'dx', 'si', 'di'].map((name) => `+${offsetOf(name)}(%di)`),
      false,
    ],
    // arch/arm64/include/asm/ptrace.h struct user_pt_regs: x0 to x30.
    ['__arm64_sys_syslog', [0, 1, 2, 3, 4, 5].map((n) => `+${n * 8}(%x0)`), true],
    ['__arm64_compat_sys_syslog', [0, 1, 2].map((n) => `+${n * 8}(%x0)`), false],
    ['SyS_syslog', ['$arg1', '$arg2', '$arg3'], true],
  ])('%s', (symbol, expected, wide) => {
    const abi = abiOf(symbol);
    expect(expected.map((_, n) => abi?.argument(n))).toEqual(expected);
    expect(abi?.wide).toBe(wide);
  });

  it.each(['sys_syslog', '__riscv_sys_syslog', '__s390x_sys_syslog', 'do_syslog'])(
    '%s: not known',
    (symbol) => {
      expect(abiOf(symbol)).toBeNull();
    },
  );

  it('there is no seventh', () => {
    expect(() => abiOf('__x64_sys_syslog')?.argument(6)).toThrow(RangeError);
    expect(() => abiOf('__ia32_sys_syslog')?.argument(5)).toThrow(RangeError);
  });
});

function offsetOf(register: string): number {
  const order = [
    'r15',
    'r14',
    'r13',
    'r12',
    'bp',
    'bx',
    'r11',
    'r10',
    'r9',
    'r8',
    'ax',
    'cx',
    'dx',
    'si',
    'di',
  ];
  return order.indexOf(register) * 8;
}
