import type { MalformedRecord } from '../decode/trace-record.js';
import type { NoticeEvent } from '../model/events.js';

/** Counts the records of a ring buffer that nobody can read, and shows the first ones of them. */
export class MalformedRecords {
  count = 0;
  readonly #notice: TellNotice;

  constructor(notice: TellNotice) {
    this.#notice = notice;
  }

  add({ why, sample }: MalformedRecord): void {
    this.count++;
    if (this.count > SHOWN) return;
    const rest = this.count === SHOWN ? '; further ones are only counted' : '';
    this.#notice(
      'malformed',
      'warning',
      `a record of the ring buffer is unreadable: ${why}: ${sample}${rest}`,
      { hint: "please report it with the kernel's release (uname -r)" },
    );
  }
}

type TellNotice = (code: string, level: NoticeEvent['level'], text: string, more: { hint: string }) => void;

const SHOWN = 10;
