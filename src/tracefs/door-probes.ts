import type { LogDoor } from '../decode/log-doors.js';
import type { ProbeDefinition } from './dynamic-events.js';
import { abiOf } from './syscall-arguments.js';

/** The probes that tell of a door's calls: at the entry with what was asked for, at the return with what came of it. */
export function probesOf(door: LogDoor): [ProbeDefinition, ProbeDefinition] {
  const { symbol } = door;
  const name = symbol.replace(/\W/g, '_');
  return [
    { kind: 'p', name: `in_${name}`, symbol, args: argumentsOf(door) },
    {
      kind: 'r',
      name: `out_${name}`,
      symbol,
      args: door.call === 'inner' ? 'ret=$retval:s32' : 'ret=$retval:s64',
    },
  ];
}

/** What to fetch when a door is entered. The name comes along: it is exact even for a process gone a moment later. */
function argumentsOf({ symbol, call }: LogDoor): string {
  if (call === 'syslog') {
    const abi = abiOf(symbol);
    if (abi === null) return 'comm=$comm';
    const buf = abi.wide ? 'x64' : 'x32';
    return `type=${abi.argument(0)}:s32 buf=${abi.argument(1)}:${buf} len=${abi.argument(2)}:s32 comm=$comm`;
  }
  if (call === 'inner') {
    // Parts that the compiler re-parameterised (.isra, .constprop) do not take do_syslog()'s arguments.
    return /isra|constprop/.test(symbol)
      ? 'comm=$comm'
      : 'type=$arg1:s32 len=$arg3:s32 source=$arg4:s32 comm=$comm';
  }
  if (call === 'seek') return 'offset=$arg2:s64 whence=$arg3:s32';
  return symbol.startsWith('kmsg_read') ? 'len=$arg3:s64 comm=$comm' : '';
}
