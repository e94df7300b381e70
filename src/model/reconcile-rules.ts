import { IP_RULES } from './reconcile-ip.js';
import type { LossRule } from './reconcile-loss.js';
import { TCP_RULES } from './reconcile-tcp.js';
import { UDP_RULES } from './reconcile-udp.js';

/** Every counter of losses that has a rule. Those that count the same packets once more, or no loss, have none. */
export const LOSS_RULES: readonly LossRule[] = [...UDP_RULES, ...TCP_RULES, ...IP_RULES];
