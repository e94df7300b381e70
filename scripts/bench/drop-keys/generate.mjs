// The drops of drop-text, but each at one of 200,000 places.
import { below, drops, generator } from '../drop-text/drops.mjs';
import { textLines, writeLines } from '../drop-text/generate.mjs';

const KEYS = 200_000;

export function generate(path, size) {
  writeLines(path, size, textLines(scattered()));
}

function* scattered() {
  const random = generator(7);
  const sites = Array.from({ length: KEYS }, (_, number) => site(random, number));
  for (const drop of drops()) {
    drop.site = sites[below(random, KEYS)];
    yield drop;
  }
}

/** Ten places in each of 20,000 functions. */
function site(random, number) {
  const symbol = `${WORDS[number % WORDS.length]}_${WORDS[(number >> 4) % WORDS.length]}_${(number % 20_000).toString(36)}`;
  const size = 0x100 + below(random, 0xf00);
  const offset = Math.floor(number / 20_000) * 20 + 5;
  const module = number % 5 === 0 ? ` [${WORDS[(number >> 8) % WORDS.length]}_mod]` : '';
  return {
    location: `${symbol}+0x${offset.toString(16)}/0x${size.toString(16)}${module}`,
    reason: REASONS[below(random, REASONS.length)],
    protocol: 2048,
  };
}

const WORDS = 'tcp udp ip ipv6 nf skb dev neigh sock route xfrm bond vlan veth bridge tunnel'.split(' ');
const REASONS = 'NOT_SPECIFIED NO_SOCKET NETFILTER_DROP QDISC_DROP TCP_CSUM SOCKET_RCVBUFF'.split(' ');
