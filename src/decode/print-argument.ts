/** What one argument of a `print fmt` reads: the C expressions that the kernel's event macros leave there. */
export type PrintArgument =
  | { kind: 'field'; field: string; element: number }
  | { kind: 'choice'; field: string; element: number; words: ReadonlyMap<string, number> }
  | { kind: 'flags'; field: string; element: number; words: ReadonlyMap<string, number>; joint: string }
  | { kind: 'literal'; text: string };

/**
 * `REC->pid`, `((unsigned long)(REC->type))`, `REC->args[2]`, `__get_str(comm)`, `__print_symbolic(REC->reason, …)`,
 * `REC->group_dead ? "true" : "false"`, `" "`. An expression beyond these has no field: its text is skipped.
 */
export function argumentOf(source: string): PrintArgument {
  const text = strip(source);
  if (text.startsWith('"')) return { kind: 'literal', text: readString(text, 0)?.text ?? '' };
  const call = callOf(text);
  if (call !== null) return ofCall(call.name, call.args);
  const question = splitTop(text, '?');
  if (question.length === 2) return ofQuestion(question[0] as string, question[1] as string);
  return ofField(text);
}

/** The comma-separated arguments behind a format string that ends at `from`. */
export function splitArguments(source: string, from: number): string[] {
  const rest = source.slice(from).trim();
  return rest.startsWith(',') ? splitTop(rest.slice(1), ',') : [];
}

/** The C string literals that start at `at` (adjacent ones are one), with their escapes resolved; null where there is none. */
export function readString(source: string, at: number): { text: string; end: number } | null {
  let text = '';
  let end = -1;
  let next = skipBlanks(source, at);
  while (source[next] === '"') {
    let from = next + 1;
    while (from < source.length && source[from] !== '"') {
      if (source[from] === '\\') {
        from += 1;
        text += ESCAPES.get(source[from] as string) ?? source[from] ?? '';
      } else {
        text += source[from];
      }
      from += 1;
    }
    end = from + 1;
    next = skipBlanks(source, end);
  }
  return end < 0 ? null : { text, end };
}

const ESCAPES = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

function ofCall(name: string, args: readonly string[]): PrintArgument {
  const inner = ofField(strip(args[0] ?? ''));
  if (name === '__get_str' || name === '__get_rel_str') return ofField(`REC->${(args[0] ?? '').trim()}`);
  if (name === '__print_symbolic') return { ...inner, kind: 'choice', words: pairs(args.slice(1)) };
  if (name === '__print_flags') {
    const joint = readString(args[1] ?? '', 0)?.text ?? '';
    return { ...inner, kind: 'flags', words: pairs(args.slice(2)), joint };
  }
  return NO_FIELD;
}

/** `REC->group_dead ? "true" : "false"`: the words stand for 1 and 0. */
function ofQuestion(condition: string, branches: string): PrintArgument {
  const [yes, no] = splitTop(branches, ':').map((branch) => readString(branch, 0)?.text);
  const inner = ofField(strip(condition));
  if (yes === undefined || no === undefined || inner.field === '') return NO_FIELD;
  return { ...inner, kind: 'choice', words: new Map([[yes, 1] as const, [no, 0] as const]) };
}

function ofField(text: string): PrintArgument & { kind: 'field' } {
  const match = /^REC->([A-Za-z_]\w*)(?:\[(\d+)\])?$/.exec(text);
  if (match === null) return NO_FIELD;
  return {
    kind: 'field',
    field: match[1] as string,
    element: match[2] === undefined ? -1 : Number(match[2]),
  };
}

const NO_FIELD = { kind: 'field', field: '', element: -1 } as const;

/** `{ 2, "NO_SOCKET" }, { 0x80, "X" }` → word to number; values that are no plain number are left out. */
function pairs(sources: readonly string[]): Map<string, number> {
  const words = new Map<string, number>();
  for (const source of sources) {
    const text = source.trim();
    if (!text.startsWith('{') || !text.endsWith('}')) continue;
    const [value, word] = splitTop(text.slice(1, -1), ',');
    const number = Number(strip(value ?? '').replace(/[uUlL]+$/, ''));
    const name = readString(word ?? '', 0)?.text;
    if (name !== undefined && Number.isSafeInteger(number)) words.set(name, number);
  }
  return words;
}

/** Takes off blanks, enclosing parentheses and casts: `((unsigned long)(REC->len))` → `REC->len`. */
function strip(source: string): string {
  let text = source.trim();
  for (;;) {
    if (!text.startsWith('(')) return text;
    const close = closing(text, 0);
    if (close === text.length - 1) text = text.slice(1, -1).trim();
    else if (/^\([A-Za-z_][\w ]*\**\s*\)$/.test(text.slice(0, close + 1)))
      text = text.slice(close + 1).trim();
    else return text;
  }
}

function callOf(text: string): { name: string; args: string[] } | null {
  const open = text.indexOf('(');
  if (open <= 0 || closing(text, open) !== text.length - 1) return null;
  const name = text.slice(0, open).trim();
  return /^[A-Za-z_]\w*$/.test(name) ? { name, args: splitTop(text.slice(open + 1, -1), ',') } : null;
}

/** Splits at a character that stands outside of brackets and strings. */
function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let at = nextMark(text, 0);
  while (at < text.length) {
    const char = text[at] as string;
    if (char === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
    at = nextMark(text, beyond(text, at) + 1);
  }
  parts.push(text.slice(from));
  return parts;
}

/** Position of the bracket that closes the one at `open`, or the end of the text. */
function closing(text: string, open: number): number {
  let at = nextMark(text, open + 1);
  while (at < text.length && !')}]'.includes(text[at] as string)) at = nextMark(text, beyond(text, at) + 1);
  return at;
}

/** Position of the next bracket, quote or separator, or the end of the text: some formats are thousands of bytes. */
function nextMark(text: string, from: number): number {
  MARK.lastIndex = from;
  return MARK.exec(text)?.index ?? Math.max(from, text.length);
}

const MARK = /[()[\]{}",:?]/g;

/** Last position of what starts at `at`: of the whole string, of the whole bracket, or `at` itself. */
function beyond(text: string, at: number): number {
  const char = text[at] as string;
  if (char === '{') {
    WORD.lastIndex = at;
    const word = WORD.exec(text);
    if (word !== null) return at + word[0].length - 1;
  }
  if ('({['.includes(char)) return closing(text, at);
  if (char !== '"') return at;
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end;
}

/** `{ 2, "NO_SOCKET" }`, of which there may be hundreds. */
const WORD = /\{[^(){}[\]"]*"[^"\\]*"\s*\}/y;

function skipBlanks(text: string, at: number): number {
  let next = at;
  while (/\s/.test(text[next] ?? '')) next += 1;
  return next;
}
