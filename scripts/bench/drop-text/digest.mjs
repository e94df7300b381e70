import { createHash } from 'node:crypto';

/** As `sort | sha256sum` prints it, of lines with a text and its count. */
export function digest(counts) {
  const lines = [...counts].map(([text, count]) => Buffer.from(`${text} ${count}\n`, 'latin1'));
  const hash = createHash('sha256');
  for (const line of lines.sort(Buffer.compare)) hash.update(line);
  return `${hash.digest('hex')}  -`;
}
