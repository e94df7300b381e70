import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasRoom, moduleNameOf, readModuleFile, renamedModule } from '../../src/stap/module-file.js';

/** What objcopy -O binary --only-section=.modinfo gives of a module that SystemTap 5.6 built for 7.2. */
const MODINFO = [
  'license=GPL',
  'description=systemtap-generated probe',
  'depends=',
  'name=kwho_log',
  'retpoline=Y',
  'vermagic=7.2.13+deb14-amd64 SMP preempt mod_unload ',
  '',
].join('\0');

/** An ELF file of a header, some bytes and a table of sections at its end. */
function elf(contents: string, sections = 3): Buffer {
  const body = Buffer.from(contents, 'latin1');
  const file = Buffer.alloc(64 + body.length + sections * 64);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.set(body, 64);
  file.writeBigUInt64LE(BigInt(64 + body.length), 40);
  file.writeUInt16LE(64, 58);
  file.writeUInt16LE(sections, 60);
  return file;
}

describe('the file of a module', () => {
  it('says for which kernel it was built, and its name', () => {
    expect(readModuleFile(elf(`name=other\0${'x'.repeat(9000)}\0${MODINFO}`))).toEqual({
      release: '7.2.13+deb14-amd64',
      name: 'kwho_log',
    });
  });

  it.each([
    ['no ELF file', Buffer.from('#!/bin/sh\n'.repeat(20))],
    ['no ELF file', Buffer.alloc(0)],
    ['no kernel module', elf('an executable')],
    ['cut short', elf(MODINFO).subarray(0, -1)],
    ['not for a 64-bit kernel', elf(MODINFO).fill(1, 4, 5)],
  ])('or that it is %s', (why, bytes) => {
    expect(readModuleFile(bytes)).toContain(why);
  });

  it('any part of one is cut short, and any bytes are something', () => {
    const whole = elf(MODINFO);
    for (let length = 64; length < whole.length; length += 7)
      expect(typeof readModuleFile(whole.subarray(0, length))).toBe('string');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const file = Buffer.from(bytes);
        if (file.length >= 6) file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
        const facts = readModuleFile(file);
        expect(typeof facts === 'string' || facts.release.length > 0).toBe(true);
      }),
    );
  });
});

it('a module has the name of its file', () => {
  expect(moduleNameOf('/x/kwho_drops.ko')).toBe('kwho_drops');
});

it('staprun -R puts its process id into a name without making it longer', () => {
  // As the kernel listed them.
  expect(renamedModule('kwho_events', 307)).toBe('kwho_ev_307');
  expect(renamedModule('kwho_drops_counts', 1234)).toBe('kwho_drops_c_1234');
  expect(renamedModule('kwho_log', 1234)).toBeNull();
  for (const name of [
    'kwho_drops_counts',
    'kwho_drops_events',
    'kwho_drops_paths',
    'kwho_log_calls',
    'kwho_log_paths',
  ])
    expect(hasRoom(name)).toBe(true);
});
