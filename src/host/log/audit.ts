import type { AuditFacts } from '../../decode/log-facts.js';
import { exists, type LogWorld } from './log-world.js';

/** What the audit subsystem has lost, as auditctl(8) tells it; null where it is not there or has no right. */
export async function readAudit(world: LogWorld): Promise<AuditFacts | null> {
  // Where it is not installed nobody audits; to start a program costs more than to look.
  if (!exists(world, '/usr/sbin/auditctl') && !exists(world, '/sbin/auditctl')) return null;
  const answer = await world.command('auditctl', ['-s']);
  if (answer.outcome !== 'done' || answer.status !== 0) return null;
  const lost = /^lost\s+(\d+)$/m.exec(answer.stdout)?.[1];
  const limit = /^backlog_limit\s+(\d+)$/m.exec(answer.stdout)?.[1];
  return lost === undefined || limit === undefined
    ? null
    : { lost: Number(lost), backlogLimit: Number(limit) };
}
