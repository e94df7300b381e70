/** How the time of a message can be shown; the `-delta` ones with what has passed since the message before. */
export type DmesgTimeFormat =
  | 'raw'
  | 'raw-delta'
  | 'ctime'
  | 'ctime-delta'
  | 'delta'
  | 'reltime'
  | 'iso'
  | 'notime';

/** Stamps of messages as dmesg(1) of util-linux writes them, in English and in this process' time zone. */
export class DmesgTime {
  /** Added to printk's microseconds they are those since 1970. */
  readonly #wallOffset: number;
  #lastMinute = Number.NaN;
  #second = Number.NaN;
  #words = '';

  constructor(wallOffset: number) {
    this.#wallOffset = wallOffset;
  }

  /**
   * @param format every one but `notime`
   * @param delta microseconds since the message before
   */
  stamp(format: DmesgTimeFormat, microseconds: number, delta: number): string {
    switch (format) {
      case 'raw':
        return `[${seconds(microseconds)}] `;
      case 'raw-delta':
        return `[${seconds(microseconds)} <${wide(delta)}>] `;
      case 'ctime':
        return `[${this.#ctime(microseconds)}] `;
      case 'ctime-delta':
        return `[${this.#ctime(microseconds)} <${wide(delta)}>] `;
      case 'delta':
        return `[<${wide(delta)}>] `;
      case 'reltime':
        return this.#relative(microseconds, delta);
      case 'iso':
        return `${this.#iso(microseconds)} `;
      case 'notime':
        return '';
    }
  }

  /** `Fri Feb 13 23:31:30 2009`: many messages share a second. */
  #ctime(microseconds: number): string {
    const second = Math.floor((microseconds + this.#wallOffset) / 1e6);
    if (second === this.#second) return this.#words;
    const date = new Date(second * 1000);
    const day = `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2)}`;
    this.#second = second;
    this.#words = `${day} ${clock(date)} ${date.getFullYear()}`;
    return this.#words;
  }

  /** The time of day where a new minute begins, else what has passed. */
  #relative(microseconds: number, delta: number): string {
    const minute = Math.floor((microseconds + this.#wallOffset) / 60e6);
    if (minute !== this.#lastMinute) {
      this.#lastMinute = minute;
      const date = new Date(minute * 60_000);
      const day = `${MONTHS[date.getMonth()]}${String(date.getDate()).padStart(2)}`;
      return `[${day} ${two(date.getHours())}:${two(date.getMinutes())}] `;
    }
    const passed = `${delta < 0 ? '' : '+'}${(delta / 1e6).toFixed(6)}`;
    return delta < 10e6 ? `[  ${passed.padStart(8)}] ` : `[ ${passed.padStart(9)}] `;
  }

  #iso(microseconds: number): string {
    const wall = microseconds + this.#wallOffset;
    const date = new Date(Math.floor(wall / 1e6) * 1000);
    const fraction = String(wall - Math.floor(wall / 1e6) * 1e6).padStart(6, '0');
    const east = -date.getTimezoneOffset();
    const zone = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    return `${day}T${clock(date)},${fraction}${zone}`;
  }
}

/** `    1.139333`: seconds in five columns or more. */
export function seconds(microseconds: number): string {
  const whole = Math.floor(microseconds / 1e6);
  return `${String(whole).padStart(5)}.${String(microseconds - whole * 1e6).padStart(6, '0')}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function wide(delta: number): string {
  return (delta / 1e6).toFixed(6).padStart(12);
}

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
