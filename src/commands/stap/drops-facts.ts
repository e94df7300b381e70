import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DropReasons } from '../../decode/drop-reasons.js';
import { parseEventFormat } from '../../decode/event-format.js';
import { Btf } from '../../host/btf.js';
import { locateTracefs } from '../../host/tracefs-mount.js';

/**
 * The names of this kernel's drop reasons: from the event's own format, as everywhere, or where tracefs is closed to us
 * from the kernel's type information. Without both they are numbers.
 */
export function readReasons(proc: string, sys: string): DropReasons {
  try {
    const format = readFileSync(join(locateTracefs(proc), 'events/skb/kfree_skb/format'), 'latin1');
    return new DropReasons(parseEventFormat(format));
  } catch {
    return reasonsOfTypes(sys);
  }
}

function reasonsOfTypes(sys: string): DropReasons {
  try {
    const values = Btf.parse(readFileSync(join(sys, 'kernel/btf/vmlinux'))).enumValues('skb_drop_reason');
    return values === null ? new DropReasons(null) : DropReasons.ofEnum(values);
  } catch {
    return new DropReasons(null);
  }
}
