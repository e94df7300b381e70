/** A drop reason that has no name in the event's format. */
export interface ReasonNumber {
  readonly number: number;
  /** High half (enum skb_drop_reason_subsys); 0 is the core. */
  readonly subsystem: number;
}

/** @param text `65538` or `0x10002` @returns null where it is a name */
export function readReasonNumber(text: string): ReasonNumber | null {
  const first = text.charCodeAt(0);
  if (!(first >= 48 && first <= 57)) return null;
  const number = Number(text);
  if (!Number.isInteger(number) || number > 0xffff_ffff) return null;
  return { number, subsystem: number >>> 16 };
}

/** Which subsystem a number may be of; from 2 on they have moved between releases (include/net/dropreason.h). */
export function subsystemWords(subsystem: number): string {
  return SUBSYSTEMS[subsystem] ?? `subsystem ${subsystem}`;
}

/** Whether a reason of the subsystem can be given in the function. */
export function mayGive(subsystem: string | null, symbol: string | null): boolean {
  if (symbol === null || subsystem === null) return true;
  return subsystem.startsWith('mac80211') === symbol.startsWith('ieee80211_');
}

const SUBSYSTEMS: Record<number, string> = {
  0: 'the core, of a newer kernel',
  1: 'the wireless stack mac80211',
  2: 'Open vSwitch, or before Linux 6.17 the wireless stack mac80211',
  3: 'Open vSwitch, or since Linux 7.1 a queue discipline',
};
