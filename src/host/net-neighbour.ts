import type { ByteString } from '../decode/trace-record.js';
import type { CheckSite } from './net-check.js';
import { jsonObjects, textAt, textsAt } from './net-json.js';
import { addressOf, findRoute } from './net-route.js';
import { whySilent } from './net-rules.js';
import { isInterface } from './net-sysctl.js';
import type { Evidence } from './net-world.js';
import { enteringCommand, runInside, shellWord } from './netns-reach.js';

/** Whether the next hop has answered; without a flow, which neighbours have not. */
export async function neighbourEvidence(site: CheckSite): Promise<Evidence[]> {
  const dst = addressOf(site.place.flow?.dst);
  const route = dst === null ? null : await findRoute(site, [dst]);
  const hop = route === null ? null : (route.gateway ?? dst);
  const dev = route?.dev ?? site.place.dev;
  const words = [
    ...(hop === null ? [] : ['to', hop]),
    ...(dev === null || !isInterface(dev) ? [] : ['dev', dev]),
  ];
  const args = ['neigh', 'show', ...words];
  const result = await runInside(site.world, site.netns, 'ip', ['-j', ...args]);
  const command = `${enteringCommand(site.world, site.netns)}ip ${args.map(shellWord).join(' ')}`;
  const line = (text: ByteString, moved: boolean): Evidence => ({ kind: 'neighbour', text, moved, command });
  const entries = jsonObjects(result);
  if (entries === null) return [line(`could not look at the neighbours: ip ${whySilent(result)}`, false)];
  const found = entries.flatMap((entry): Neighbour[] => {
    const address = textAt(entry, 'dst');
    const states = textsAt(entry, 'state');
    if (address === null || states.length === 0) return [];
    return [
      {
        address,
        dev: textAt(entry, 'dev') ?? dev ?? '?',
        state: states.join(' '),
        failed: states.some(isFailed),
      },
    ];
  });
  if (hop !== null && found.length === 0)
    return [line(`next hop ${hop} has no entry in the neighbour table`, false)];
  return found
    .filter(({ failed }) => failed || hop !== null)
    .slice(0, MOST)
    .map(({ address, dev: by, state, failed }) => {
      const what = failed ? `does not answer (${state})` : `is known (${state})`;
      return line(`${hop === null ? 'neighbour' : 'next hop'} ${address} on ${by} ${what}`, failed);
    });
}

interface Neighbour {
  address: string;
  dev: ByteString;
  state: string;
  failed: boolean;
}

const MOST = 3;

function isFailed(state: string): boolean {
  return state === 'FAILED' || state === 'INCOMPLETE';
}
