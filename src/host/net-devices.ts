import type { ByteString } from '../decode/trace-record.js';

/** Counters of each interface under the names that /sys/class/net/DEV/statistics has for them. */
export interface DeviceCounters {
  devices: Map<ByteString, Map<string, number>>;
  malformed: number;
}

/** Reads /proc/net/dev (net/core/net-procfs.c dev_seq_printf_stats(), which adds up some of them, see below). */
export function parseDevices(text: ByteString): DeviceCounters {
  const devices = new Map<ByteString, Map<string, number>>();
  let malformed = 0;
  for (const line of text.split('\n').slice(HEADINGS)) {
    if (line === '') continue;
    // A name may hold anything but blanks, slashes and, since it would end it here, colons.
    const match = /^ *([^\s:]+): *(\d+(?: +\d+)*)$/.exec(line);
    const values = match?.[2]?.split(/ +/).map(Number) ?? [];
    if (match === null || values.length < COLUMNS.length) {
      malformed += 1;
      continue;
    }
    devices.set(match[1] as string, new Map(COLUMNS.map((name, i) => [name, values[i] as number])));
  }
  return { devices, malformed };
}

const HEADINGS = 2;

/**
 * `rx_dropped` here is with rx_missed_errors, `rx_frame_errors` with length, overrun and checksum errors,
 * `tx_carrier_errors` with aborted, window and heartbeat errors.
 */
const COLUMNS = [
  'rx_bytes',
  'rx_packets',
  'rx_errors',
  'rx_dropped',
  'rx_fifo_errors',
  'rx_frame_errors',
  'rx_compressed',
  'multicast',
  'tx_bytes',
  'tx_packets',
  'tx_errors',
  'tx_dropped',
  'tx_fifo_errors',
  'collisions',
  'tx_carrier_errors',
  'tx_compressed',
] as const;
