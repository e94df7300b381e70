import type { Check } from './finding.js';

/** A debug message that is compiled in and switched off is never printed. */
export const dynamicDebug: Check = {
  find({ text, ring, debugSites }) {
    const off = (debugSites ?? []).filter(({ on }) => !on);
    const first = off[0];
    if (text === null || ring.matchCount > 0 || first === undefined) return [];
    return [
      {
        cause: 'dynamic-debug-off',
        sought: true,
        stage: 'emit',
        severity: 'missing',
        certainty: 'likely',
        finding: `it is a debug message that is switched off: ${first.function}() in ${first.place} prints it only with dynamic debug`,
        evidence: off.map(
          ({ place, module, function: name, format }) =>
            `dynamic_debug/control: ${place} [${module}]${name} =_ "${format}"`,
        ),
        remedy: [
          `echo 'file ${first.place.replace(/:(\d+)$/, ' line $1')} +p' > /proc/dynamic_debug/control`,
        ],
      },
    ];
  },
  unchecked: ({ text, debugSites }) =>
    text !== null && debugSites === null
      ? ['whether it is a debug message that is switched off: dynamic_debug/control cannot be read']
      : [],
};
