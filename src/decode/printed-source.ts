import type { Wrap } from './print-format.js';
import { FAULT, type Step, USER_MEMORY } from './printed-step.js';

/**
 * The code that reads the value of a step at `p` into `x<index>` and leaves `p` behind it. Strings, words and system
 * call arguments end where the literal behind them stands.
 */
export function valueSource(step: Step, index: number): string {
  const { value } = step;
  const x = step.field < 0 ? '' : `x${index}`;
  switch (value?.kind) {
    case undefined:
      return '';
    case 'decimal':
      return decimalSource(value, x);
    case 'hex':
      return hexSource(value, x, step.after);
    case 'char':
      return `if (bytes[p] < 32) return null;\n${x && `const ${x} = bytes[p];\n`}p++;`;
    case 'text':
      return `${upTo(step, 'p', 0)}
if (p - s > ${step.most}) return null;
${x && `const ${x} = strings.get(window, s, p);`}`;
    case 'choice':
    case 'flags':
      return `${upTo(step, 'p', 0)}
const x${index} = words(${index}, strings.get(window, s, p));
if (x${index} === undefined) return null;`;
    case 'quoted':
      return `let x${index} = null;
if (bytes[p] === 34) {
${upTo(step, 'p + 1', 1)}
${x && `${x} = strings.get(window, s, p);`}
p++;
} else if (isFault(window, p) && ${stands(step.after, `p + ${FAULT.length}`)}) {
p += ${FAULT.length};
} else return null;`;
    case 'syscall-argument':
      return `${hexSource({ wrap: 0, prefix: true, padded: false }, x, '')}
if (!(${stands(step.after, 'p')})) {
if (!(${stands(USER_MEMORY, 'p')})) return null;
${upTo(step, `p + ${USER_MEMORY.length}`, 1)}
p++;
}`;
  }
}

/** Has the code compared the literal behind such a value? */
export const COMPARES_AFTER: ReadonlySet<string> = new Set([
  'text',
  'quoted',
  'choice',
  'flags',
  'syscall-argument',
]);

/** Negative numbers of unsigned fields and what 53 bits do not hold are left to the slow way. */
function decimalSource({ wrap, padded }: { wrap: Wrap; padded: boolean }, x: string): string {
  const most = wrap === 0 ? Number.MAX_SAFE_INTEGER : Math.abs(wrap) < 32 ? 127 : 2 ** 31 - 1;
  return `${padded ? SKIP_BLANKS : ''}${x && `const ${x} = `}numbers.decimal(p, ${wrap === 0}, ${most});
if ((p = window.position) < 0) return null;`;
}

function hexSource(value: HexValue, x: string, after: string): string {
  const prefix = value.prefix ? 'if (bytes[p] === 48 && bytes[p + 1] === 120) p += 2;\n' : '';
  const general = `numbers.hex(p, ${value.wrap})`;
  const skip = value.padded ? SKIP_BLANKS : '';
  if (value.pointer === true && value.wrap === 0 && x !== '' && !/^[0-9a-fA-F]/.test(after)) {
    const [a, b, c, d] = [8, 10, 12, 14].map((from) => `pairs[view.getUint16(p + ${from}, true)]`);
    return `${skip}${prefix}let ${x} = 0;
{
const a = ${a}, b = ${b}, c = ${c}, d = ${d};
if ((a | b | c | d) >= 0 && ${stands('00000000', 'p')}) {
${x} = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
p += 16;
} else if ((${x} = numbers.pointer(p)) !== -1) p += 16;
else {
${x} = ${general};
if ((p = window.position) < 0) return null;
}
}`;
  }
  return `${skip}${prefix}${x && `const ${x} = `}${general};
if ((p = window.position) < 0) return null;`;
}

type HexValue = { wrap: Wrap; prefix: boolean; padded: boolean; pointer?: boolean };

const SKIP_BLANKS = 'while (bytes[p] === 32) p++;\n';

/** Moves `s` to `from` and `p` to where the literal behind the string (and `quotes` quotes before it) first stands. */
function upTo({ after }: Step, from: string, quotes: 0 | 1): string {
  if (after === '' && quotes === 0) return `s = p = ${from};`;
  const stop = quotes === 1 ? 34 : after.charCodeAt(0);
  return `s = p = ${from};
for (;; p++) {
b = bytes[p];
if (b === ${stop} && ${stands(after, quotes === 1 ? 'p + 1' : 'p')}) break;
if (b === 10 || b === 0) return null;
}`;
}

/** An expression: does the text stand at the position? Eight or four bytes are compared at a time. */
export function stands(text: string, at: string): string {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length === 0) return 'true';
  if (bytes.length < 4)
    return [...bytes].map((byte, index) => `bytes[${at} + ${index}] === ${byte}`).join(' && ');
  const size = bytes.length < 8 || bytes.some((byte) => byte > 127) ? 4 : 8;
  const words: string[] = [];
  for (let from = 0; from < bytes.length; from += size) {
    const word = Math.min(from, bytes.length - size);
    words.push(
      size === 4
        ? `view.getInt32(${at} + ${word}, true) === ${bytes.readInt32LE(word)}`
        : `view.getFloat64(${at} + ${word}, true) === ${bytes.readDoubleLE(word)}`,
    );
  }
  return words.join(' && ');
}
