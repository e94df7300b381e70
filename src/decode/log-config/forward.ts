import type { ByteString } from '../trace-record.js';

/** Another host that a collector is set up to send its messages to. */
export interface Forward {
  /** As the configuration has it. */
  to: ByteString;
  transport: 'udp' | 'tcp';
  port: number;
  /** Whether the text stands in the packets as it is: no compression or TLS as far as the line itself tells. */
  plain: boolean;
}

/** `@host`, `@@host:port`, `@@(z9,o)[::1]:port` (rsyslog.conf(5), remote machine); null for anything else. */
export function parseForwardWord(word: ByteString): Forward | null {
  const [, tcp, options = '', to = ''] = /^@(@?)(?:\(([^)]*)\))?(.+)$/.exec(word) ?? [];
  return to === ''
    ? null
    : {
        to,
        transport: tcp === '@' ? 'tcp' : 'udp',
        port: portOf(to) ?? SYSLOG_PORT,
        plain: !/z[1-9]/i.test(options),
      };
}

/** What stands between the parentheses of rsyslog's `action(type="omfwd" …)`; null where it names no target. */
export function parseForwardAction(parameters: ByteString): Forward | null {
  const value = (name: string) =>
    new RegExp(`\\b${name}\\s*=\\s*"([^"]*)"`, 'i').exec(parameters)?.[1]?.trim();
  const to = value('target');
  if (to === undefined || to === '') return null;
  return {
    to,
    transport: value('protocol')?.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    port: validPort(value('port')) ?? SYSLOG_PORT,
    plain: (value('ziplevel') ?? '0') === '0' && (value('streamdrivermode') ?? '0') === '0',
  };
}

/** BusyBox syslogd's `-R HOST[:PORT]`: always UDP. */
export function parseForwardHost(to: ByteString): Forward {
  return { to, transport: 'udp', port: portOf(to) ?? SYSLOG_PORT, plain: true };
}

/** `host:port` and `[::1]:port`; the colons of a bare IPv6 address lead to no port. */
function portOf(to: ByteString): number | null {
  const bracketed = /^\[[^\]]*\](?::(\d+))?$/.exec(to);
  return validPort(bracketed !== null ? bracketed[1] : /^[^:]*:(\d+)$/.exec(to)?.[1]);
}

function validPort(text: string | undefined): number | null {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port > 0 && port < 65_536 ? port : null;
}

/** RFC 5426, and what rsyslog and BusyBox take for TCP as well. */
const SYSLOG_PORT = 514;
