import { PermissionError, systemCode } from '../errors.js';
import { readHidden, readLogState } from '../klog/log-state.js';
import { messageEvent } from '../model/message-event.js';
import { openStandardOutput } from '../output/channel.js';
import { dmesgLines } from '../output/dmesg-line.js';
import { toJsonLine } from '../output/ndjson.js';

/**
 * Prints the records that the last clear hides: a clear moves a marker and erases nothing.
 * What was overwritten meanwhile is counted on standard error.
 */
export async function recoverLog({ json }: { json: boolean }): Promise<number> {
  const out = openStandardOutput();
  let overwritten = 0;
  let hidden = 0;
  try {
    const state = readLogState();
    let next = state.first?.seq ?? 0;
    if (state.hidden > 0) {
      for (const read of readHidden(state.visible?.seq ?? null)) {
        if (read.kind !== 'record') continue;
        overwritten += Math.max(0, read.record.seq - next);
        next = read.record.seq + 1;
        hidden++;
        out.write(
          json ? toJsonLine(messageEvent(read.record)) : dmesgLines(read.record.time, read.record.text),
        );
        // A pager that takes its time must not make the whole log wait in memory.
        if (out.backlog > MOST_WAITING) await new Promise((resolve) => setTimeout(resolve, 10));
        if (out.closed) break;
      }
    }
  } catch (error) {
    throw explain(error);
  }
  await out.drain(DRAIN_MS);
  if (hidden === 0)
    process.stderr.write(
      'kwho: no record is hidden: the log was not cleared since the oldest one it holds\n',
    );
  if (overwritten > 0)
    process.stderr.write(`kwho: ${overwritten} hidden records were overwritten before they could be read\n`);
  return 0;
}

const MOST_WAITING = 1 << 20;
const DRAIN_MS = 60_000;

function explain(error: unknown): unknown {
  const code = systemCode(error);
  if (code !== 'EACCES' && code !== 'EPERM') return error;
  return new PermissionError(`/dev/kmsg cannot be read (${code})`, {
    code: 'dev-kmsg-permission',
    hint: 'run kwho as root; where root is refused too, look at /proc/sys/kernel/printk_devkmsg (off refuses readers)',
    cause: error,
  });
}
