/** A line of the detail view; whoever draws it wraps it. Printable: untrusted bytes are escaped already. */
export interface DetailLine {
  text: string;
  style: 'title' | 'plain' | 'faint' | 'loud' | 'good';
}

export function detailLine(text: string, style: DetailLine['style'] = 'plain'): DetailLine {
  return { text, style };
}

/** A heading with a blank line before it, and what stands under it; nothing where nothing does. */
export function section(title: string, lines: readonly DetailLine[]): DetailLine[] {
  return lines.length === 0 ? [] : [detailLine(''), detailLine(title, 'title'), ...lines];
}

/** `exe       /usr/bin/dmesg`; nothing where it is not known. */
export function labelled(label: string, text: string | null): DetailLine[] {
  return text === null ? [] : [detailLine(`${label.padEnd(LABEL)} ${text}`)];
}

const LABEL = 9;
