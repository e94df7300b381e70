import { grouped } from '../grouped.js';
/** At most five characters: `0.3`, `12`, `4,321`, `98.8k`, `1.2M`. */
export function shortNumber(value: number): string {
  if (value < 9.95) return value % 1 === 0 ? String(value) : value.toFixed(1);
  if (value < 9999.5) return grouped(Math.round(value));
  let scaled = value;
  for (const unit of UNITS) {
    scaled /= 1000;
    if (scaled < 999.5) return `${scaled < 99.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`;
  }
  return value.toExponential(0);
}

const UNITS = ['k', 'M', 'G', 'T'];
