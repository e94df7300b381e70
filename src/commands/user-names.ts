import { readFileSync } from 'node:fs';

/** Names of user ids from /etc/passwd (passwd(5)), read once when first asked. */
export function userNames(file = '/etc/passwd'): (uid: number) => string | null {
  let names: Map<number, string> | null = null;
  return (uid) => {
    names ??= read(file);
    return names.get(uid) ?? null;
  };
}

function read(file: string): Map<number, string> {
  const names = new Map<number, string>();
  try {
    for (const line of readFileSync(file, 'latin1').split('\n')) {
      const [name, , uid] = line.split(':');
      if (name !== undefined && uid !== undefined && !names.has(Number(uid))) names.set(Number(uid), name);
    }
  } catch {
    // Without the file, ids stay numbers.
  }
  return names;
}
