import { at, type Check, counted, isAsked } from './finding.js';

/** A clear (syslog(2) CLEAR or READ_CLEAR) erases nothing: it moves a marker behind which dmesg shows nothing. */
export const cleared: Check = {
  find(facts) {
    const { ring } = facts;
    const { hidden, hiddenUntil, first, visibleFrom } = ring;
    if (hidden === 0 || first === null || hiddenUntil === null || !isAsked(facts, hiddenUntil)) return [];
    return [
      {
        cause: 'cleared',
        stage: 'dmesg',
        severity: 'missing',
        certainty: 'certain',
        finding: `the log was cleared: ${counted(hidden, 'record')} of ${at(first.time)} to ${at(hiddenUntil)} ${hidden === 1 ? 'is' : 'are'} hidden from dmesg, and all of them can still be had`,
        evidence: [
          visibleFrom === null
            ? `/dev/kmsg: SEEK_SET finds sequence ${first.seq}, SEEK_DATA finds nothing`
            : `/dev/kmsg: SEEK_SET finds sequence ${first.seq}, SEEK_DATA finds ${visibleFrom}`,
          `the clear came after ${at(hiddenUntil)}; who did it the kernel does not keep`,
        ],
        remedy: [
          'kwho log --recover prints what is hidden',
          'kwho log --action CLEAR --action READ_CLEAR shows who does it the next time',
        ],
      },
    ];
  },
  unchecked: ({ ring }) => (ring.hiddenUnknown === null ? [] : [ring.hiddenUnknown]),
};
