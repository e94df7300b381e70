import { type FieldFormat, FormatError, parseField } from './event-format.js';

/** Where things stand in one sub-buffer page of `per_cpu/cpuN/trace_pipe_raw`; all numbers are bytes. */
export interface PageLayout {
  /** Offset of the 64-bit stamp that the first event's delta counts from. */
  timestamp: number;
  /** Offset of the `local_t` with the bytes in use and the flags of lost events. */
  commit: number;
  /** Bytes of `local_t`, of `long` and of a pointer of the traced kernel: 8, or 4 on a 32-bit one. */
  longSize: 4 | 8;
  /** Offset of the first event. */
  data: number;
  /** Bytes of a whole page: what one read gives. 4096 unless `buffer_subbuf_size_kb` says otherwise. */
  size: number;
}

/**
 * Reads `events/header_page` (kernel/trace/ring_buffer.c ring_buffer_print_page_header()). Every instance has its own:
 * from 6.8 on its `buffer_subbuf_size_kb` may differ, and the size of the data follows it.
 * @param endianness of the machine that wrote the pages; the file itself does not tell
 * @throws FormatError `event-format-invalid` or `page-header-invalid`: says which line or field is wrong;
 * `page-big-endian`: pages of such a kernel are not decoded
 */
export function parsePageHeader(text: string, endianness: 'little' | 'big' = 'little'): PageLayout {
  if (endianness === 'big') {
    throw new FormatError('ring-buffer pages of a big-endian kernel: only little-endian ones are decoded', {
      code: 'page-big-endian',
      hint: 'read trace_pipe (text) instead of trace_pipe_raw',
    });
  }
  const fields = new Map<string, FieldFormat>();
  for (const [index, line] of text.split('\n').entries()) {
    if (!line.startsWith('\tfield:')) continue;
    const field = parseField(line, index);
    fields.set(field.name, field);
  }
  const timestamp = need(fields, 'timestamp');
  const commit = need(fields, 'commit');
  const data = need(fields, 'data');
  if (timestamp.size !== 8) throw invalid(`timestamp has ${timestamp.size} bytes, expected 8`);
  if (commit.size !== 8 && commit.size !== 4)
    throw invalid(`commit has ${commit.size} bytes, expected 8 or 4`);
  const headEnd = Math.max(timestamp.offset + timestamp.size, commit.offset + commit.size);
  if (data.offset < headEnd || data.offset % 4 !== 0) {
    throw invalid(`data is at ${data.offset}, expected a multiple of 4 from ${headEnd} on`);
  }
  return {
    timestamp: timestamp.offset,
    commit: commit.offset,
    longSize: commit.size,
    data: data.offset,
    size: data.offset + data.size,
  };
}

function need(fields: ReadonlyMap<string, FieldFormat>, name: string): FieldFormat {
  const field = fields.get(name);
  if (field === undefined) throw invalid(`the field ${name} is missing`);
  return field;
}

function invalid(why: string): FormatError {
  return new FormatError(`events/header_page: ${why}`, { code: 'page-header-invalid' });
}
