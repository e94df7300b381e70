/** Quotes text for a POSIX shell: whatever it holds, the shell sees one word with exactly these characters. */
export function shellQuote(text: string): string {
  if (text.includes('\0')) throw new TypeError('a shell word cannot hold a NUL character');
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
