import { SCHEMA_VERSION } from '../model/events.js';

const VERDICT = { enum: ['suspect', 'policy', 'noise'] };

const STACK = { type: 'array', items: string('symbol+0xoffset, innermost first.') };

const DROP_FACTS = {
  location: {
    type: 'object',
    description: 'The place in the kernel that freed the packet.',
    properties: {
      symbol: nullable(string('Function.')),
      offset: nullable(integer('Bytes from its start.')),
      module: nullable(string('Kernel module; null for the kernel itself.')),
      address: nullable(string('0x and hexadecimal digits.')),
    },
    required: ['symbol', 'offset', 'module', 'address'],
  },
  reason: nullable(string('Drop reason without SKB_DROP_REASON_; null before Linux 5.17.')),
  protocol: nullable(integer('EtherType.')),
  dev: nullable(string('Interface.')),
  ifindex: nullable(integer('Its index.')),
  netns: nullable(integer('Inode number of the network namespace.')),
  netnsName: nullable(string('ip netns name or container.')),
};

/** JSON Schema (2020-12) of a line of NDJSON. Fields may be added under the same version; unknown ones are no error. */
export const eventSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:kwho:event:${SCHEMA_VERSION}`,
  title: 'kwho event',
  description:
    'One line of kwho --json. null or an absent field means not known. In strings, bytes that are not UTF-8 appear as \\xNN; ' +
    'a literal backslash that would read as such an escape appears as \\x5c.',
  oneOf: [
    event('log-access', 'One access to the kernel log.', {
      cpu: integer('CPU on which the call began.'),
      pid: nullable(integer('Process id, as the initial pid namespace numbers it.')),
      tid: integer('Thread id.'),
      comm: nullable(string('Name of the thread.')),
      door: { enum: ['syslog', '/proc/kmsg', '/dev/kmsg', 'kernel'] },
      action: nullable(
        string(
          'An action of syslog(2) without SYSLOG_ACTION_, the bare number of an unknown one, or open read write seek close.',
        ),
      ),
      effect: nullable({
        enum: ['clears', 'steals', 'reads', 'configures', 'writes', 'none'],
      }),
      length: nullable(integer('The length the caller passed; the level for CONSOLE_LEVEL.')),
      result: nullable(integer('What the call returned; negative is an error number.')),
      errno: nullable(string('Name of the error: EPERM.')),
      via: nullable(string('Entry symbol in the kernel; for door kernel the caller.')),
      process: nullable(ref('process')),
      stack: STACK,
    }),
    event('drop', 'One packet that the kernel freed without delivering it.', {
      cpu: integer('CPU.'),
      pid: nullable(integer('Process of the thread; null where it is gone.')),
      tid: integer('The thread that was running; in a softirq whoever was interrupted.'),
      comm: nullable(string('Its name.')),
      ...DROP_FACTS,
      verdict: VERDICT,
      length: nullable(integer('Bytes of the socket buffer.')),
      flow: nullable(ref('flow')),
      stack: STACK,
    }),
    event('drop-count', 'Drops of one key within one interval; time is its end.', {
      from: { type: 'number', description: 'Seconds on the kernel clock.' },
      to: { type: 'number', description: 'Seconds on the kernel clock.' },
      key: {
        type: 'object',
        description: 'The fields that drops are counted by.',
        properties: {
          ...DROP_FACTS,
          flow: nullable(ref('flow')),
          comm: nullable(string('Name of the thread that was running.')),
          stack: STACK,
        },
      },
      count: integer('Drops.'),
      verdict: VERDICT,
    }),
    event('kernel-message', 'One record of the kernel log; time is its stamp.', {
      seq: nullable(integer('Sequence number; only /dev/kmsg tells it.')),
      level: nullable(integer('0 (emergency) to 7 (debug).')),
      facility: nullable(integer('As in syslog(3), shifted down.')),
      flags: string('- whole, c fragment, + continuation.'),
      caller: nullable(string('T and a thread id, or C and a CPU.')),
      text: string('The message.'),
      fields: { type: 'object', additionalProperties: { type: 'string' } },
      netfilter: ref('netfilter'),
      symbols: {
        type: 'object',
        description: 'The kernel addresses in the text and the functions that hold them.',
        additionalProperties: { type: 'string' },
      },
    }),
    event('lost', 'Something that happened and was not seen.', {
      where: {
        enum: ['ring', 'reader', 'table', 'stap', 'recording', 'identity'],
      },
      count: nullable(integer('How many; null where nobody counted.')),
      cpu: nullable(integer('CPU.')),
      what: string('What of.'),
    }),
    event('notice', 'What kwho has to say.', {
      level: { enum: ['info', 'warning', 'error'] },
      code: string('Stable name of the notice.'),
      text: string('In words.'),
      hint: nullable(string('What to do.')),
      details: { type: 'object' },
    }),
    event('summary', 'Last line of every run.', {
      seen: integer('Accesses or drops told.'),
      effects: { type: 'object', additionalProperties: { type: 'integer' } },
      counted: integer('Drops counted.'),
      detailed: integer('Drops seen one by one.'),
      verdicts: { type: 'object', additionalProperties: { type: 'integer' } },
      lost: integer('Records lost or unreadable.'),
      complete: { type: 'boolean' },
      backends: { type: 'array', items: { type: 'string' } },
      blindSpots: { type: 'array', items: { type: 'string' } },
    }),
  ],
  $defs: {
    flow: {
      type: 'object',
      properties: {
        family: { enum: ['ipv4', 'ipv6', 'arp', 'other'] },
        proto: nullable(string('tcp, udp, icmp, …, or the number.')),
        src: nullable(string('Address.')),
        dst: nullable(string('Address.')),
        sport: nullable(integer('Port.')),
        dport: nullable(integer('Port.')),
        flags: nullable(string('TCP flags: SYN ACK.')),
        ttl: nullable(integer('Time to live, or hop limit.')),
      },
      required: ['family', 'proto', 'src', 'dst', 'sport', 'dport', 'flags', 'ttl'],
    },
    netfilter: {
      type: 'object',
      description: 'A message of a netfilter LOG rule, taken apart.',
      properties: {
        prefix: string('What the rule was told to begin with.'),
        in: nullable(string('Interface it came in by.')),
        out: nullable(string('Interface it was to leave by.')),
        physIn: nullable(string('Port of the bridge it came in by.')),
        physOut: nullable(string('Port of the bridge it was to leave by.')),
        length: nullable(integer('Bytes of the packet, as its own header says.')),
        flow: ref('flow'),
        uid: nullable(integer('User of the sending socket.')),
        gid: nullable(integer('Group of the sending socket.')),
        mark: nullable(integer('Mark of the packet.')),
      },
      required: ['prefix', 'in', 'out', 'physIn', 'physOut', 'length', 'flow', 'uid', 'gid', 'mark'],
    },
    process: {
      type: 'object',
      properties: {
        pid: integer('Process id.'),
        comm: nullable(string('Name.')),
        exe: nullable(
          string('/proc/PID/exe where the process still lived, else the file passed to execve(2).'),
        ),
        cmdline: nullable({
          type: 'array',
          items: nullable(string('Argument; null for one that is empty or could not be read.')),
        }),
        cmdlineCut: { const: true },
        uid: nullable(integer('Real user id.')),
        loginuid: nullable(integer('User id of the login; null where nobody logged in.')),
        parents: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              pid: integer('Process id.'),
              comm: nullable(string('Name.')),
              cmdline: nullable({
                type: 'array',
                items: nullable(string('Argument; null for one that is empty or could not be read.')),
              }),
            },
            required: ['pid', 'comm'],
          },
        },
        unit: nullable(string('Innermost systemd unit.')),
        container: nullable(string('runtime:short-id.')),
      },
      required: ['pid', 'comm', 'exe', 'cmdline', 'uid', 'loginuid', 'parents', 'unit', 'container'],
    },
  },
};

function event(type: string, description: string, properties: Record<string, object>) {
  const optional = new Set([
    ...['stack', 'details', 'effects', 'counted', 'detailed', 'verdicts', 'netfilter', 'symbols'],
  ]);
  return {
    type: 'object',
    description,
    properties: {
      v: { const: SCHEMA_VERSION },
      type: { const: type },
      time: nullable({
        type: 'number',
        description: 'Seconds on the kernel clock.',
      }),
      backend: { type: 'string' },
      ...properties,
    },
    required: [
      'v',
      'type',
      'time',
      'backend',
      ...Object.keys(properties).filter((name) => !optional.has(name)),
    ],
  };
}

function integer(description: string) {
  return { type: 'integer', description };
}

function string(description: string) {
  return { type: 'string', description };
}

function nullable(schema: object) {
  return { anyOf: [schema, { type: 'null' }] };
}

function ref(name: string) {
  return { $ref: `#/$defs/${name}` };
}
