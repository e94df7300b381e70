import type { AuditFacts } from '../../decode/log-facts.js';
import type { LogWorld } from './log-world.js';

/** What the audit subsystem has lost, as auditctl(8) tells it; null where it is not there or has no right. */
export async function readAudit({ command }: LogWorld): Promise<AuditFacts | null> {
  const answer = await command('auditctl', ['-s']);
  if (answer.outcome !== 'done' || answer.status !== 0) return null;
  const lost = /^lost\s+(\d+)$/m.exec(answer.stdout)?.[1];
  const limit = /^backlog_limit\s+(\d+)$/m.exec(answer.stdout)?.[1];
  return lost === undefined || limit === undefined
    ? null
    : { lost: Number(lost), backlogLimit: Number(limit) };
}
