import { closeSync, openSync, writeSync } from 'node:fs';

/** Messages as `dmesg --raw` writes them: of the kernel and of programs, most of one line, a few with UTF-8 or lines. */
export function generate(path, size) {
  const fd = openSync(path, 'w');
  let written = 0;
  let microseconds = 0;
  for (let batch = 0; written < size; batch++) {
    let text = '';
    for (let i = 0; i < 1000; i++) {
      const n = 1000 * batch + i;
      microseconds += 1 + ((n * 7919) % 4000);
      const seconds = String(Math.floor(microseconds / 1e6)).padStart(5);
      const [priority, words] = MESSAGES[(n * 31) % MESSAGES.length];
      text += `<${priority}>[${seconds}.${String(microseconds % 1e6).padStart(6, '0')}] ${words(n)}\n`;
    }
    written += writeSync(fd, text);
  }
  closeSync(fd);
}

const MESSAGES = [
  [6, (n) => `usb ${n % 9}-1: new high-speed USB device number ${n % 127} using xhci_hcd`],
  [6, (n) => `eth0: Link is Up - 1Gbps/Full - flow control rx/tx, ${n}`],
  [
    4,
    (n) =>
      `kwho test: IN=v0 OUT= MAC=aa:73:2b:b4:ec:dd:d2:bd:8a:81:dc:39:08:00 SRC=10.9.0.2 DST=10.9.0.1 LEN=29 TOS=0x00 PREC=0x00 TTL=64 ID=${n & 65535} DF PROTO=UDP SPT=34434 DPT=9999 LEN=9 `,
  ],
  [
    3,
    (n) =>
      `blk_update_request: I/O error, dev sda, sector ${n} op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 0`,
  ],
  [30, (n) => `systemd[1]: Started Session ${n} of user Zoë.`],
  [5, (n) => `audit: type=1400 audit(1702926179.015:${n}): apparmor="DENIED" operation="open" class="file"`],
  [7, (n) => `acpi PNP0A08:00: _OSC: platform does not support [SHPCHotplug AER] ${n}`],
  [12, (n) => `a message of two lines, ${n}\nand this is the other one`],
];
