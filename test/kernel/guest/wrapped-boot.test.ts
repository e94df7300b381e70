import { describe, expect, it } from 'vitest';
import { gatherLogFacts } from '../../../src/commands/why/gather.js';
import { judge } from '../../../src/model/why/verdict.js';

/** With the parameters of test/kernel/lab.test.ts. */
describe('a boot that printed more than the ring holds', () => {
  it('wrapped comes first: size, sequence numbers, rate, and when it goes round again', async () => {
    const facts = await gatherLogFacts(null, null);
    const [first] = judge(facts).findings;
    const { ring } = facts;
    expect(first).toMatchObject({ cause: 'wrapped', severity: 'missing' });
    expect(first?.finding).toContain(`${ring.first?.seq} records before ${ring.first?.time.toFixed(6)} s`);
    expect(ring.first?.seq).toBeGreaterThan(100);
    expect(first?.evidence).toEqual([
      `/dev/kmsg: the oldest record is sequence ${ring.first?.seq}, the newest ${ring.last?.seq}`,
      `syslog(2) SIZE_BUFFER: ${ring.size} bytes`,
      '/proc/cmdline: log_buf_len=4096, less than the kernel was built with: it has no effect',
      expect.stringMatching(
        /^\d+ records came in the last \d+ (s|min).*: at that pace the ring goes round once more in \d+ /,
      ),
    ]);
  });

  it('a message of the early boot may be among the overwritten', async () => {
    const verdict = judge(await gatherLogFacts('Linux version', null));
    expect(verdict.hops[0]).toMatchObject({ hop: 'ring (/dev/kmsg)', state: 'absent' });
    expect(verdict.findings[0]).toMatchObject({
      cause: 'wrapped',
      finding: expect.stringMatching(/; if the message sought was printed before that, it is among them$/),
    });
  });

  it('one that is still there is found', async () => {
    const verdict = judge(await gatherLogFacts('initcall', null));
    expect(verdict.hops[0]).toMatchObject({ state: 'present' });
  });
});
