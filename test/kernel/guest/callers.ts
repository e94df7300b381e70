import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';

/** Runs a program to its end and says who it was. */
export function call(
  command: string,
  ...args: string[]
): { pid: number; status: number | null; stdout: string } {
  const { pid, status, stdout } = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'latin1',
  });
  return { pid, status, stdout };
}

/** syslog(2) through perl, which every Debian has: the action, a buffer and its length. */
export function klogctl(action: number, length = 0): ReturnType<typeof call> {
  return call('perl', '-e', `my $b = "\\0" x (${length} || 1); syscall(103, ${action}, $b, ${length})`);
}

/**
 * A program of 150 bytes that calls syslog(2) through the 32-bit gate: no compiler is needed to have one.
 *
 *     mov eax, 103; mov ebx, ACTION; xor ecx, ecx; xor edx, edx; int 0x80
 *     mov edi, 0; mov eax, 60; syscall
 */
export function writeInt80Program(path: string, action: number): void {
  const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >> 24];
  const code = [0xb8, ...word(103), 0xbb, ...word(action), 0x31, 0xc9, 0x31, 0xd2, 0xcd, 0x80];
  code.push(0xbf, ...word(0), 0xb8, ...word(60), 0x0f, 0x05);
  const size = 64 + 56 + code.length;
  const elf = Buffer.alloc(size);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  elf.writeUInt16LE(2, 16); // executable
  elf.writeUInt16LE(62, 18); // x86-64
  elf.writeUInt32LE(1, 20);
  elf.writeBigUInt64LE(0x400000n + 120n, 24); // entry
  elf.writeBigUInt64LE(64n, 32); // program headers
  elf.writeUInt16LE(64, 52);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(1, 64); // load
  elf.writeUInt32LE(5, 68); // readable, executable
  elf.writeBigUInt64LE(0x400000n, 80);
  elf.writeBigUInt64LE(0x400000n, 88);
  elf.writeBigUInt64LE(BigInt(size), 96);
  elf.writeBigUInt64LE(BigInt(size), 104);
  elf.writeBigUInt64LE(0x1000n, 112);
  elf.set(code, 120);
  writeFileSync(path, elf);
  chmodSync(path, 0o755);
}

/** A shell script of its own, run by its name. */
export function writeScript(path: string, ...lines: string[]): void {
  writeFileSync(path, `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
}
