import { numberIn } from './number-condition.js';
import { fillParameters } from './parameter-block.js';
import { stringLiteral } from './string-literal.js';

/** What the log script is to tell. */
export interface LogScript {
  /** Kernel release it is written for, as `uname -r` has it; null where any may run it. */
  release: string | null;
  /** Kernel return addresses told of each call; 0 for none. */
  stackDepth: number;
}

/**
 * The log script with these parameters.
 * @param template text of probes/log.stp
 * @throws UsageError for what cannot be: more than 64 frames
 */
export function logScript(template: string, { release, stackDepth }: LogScript): string {
  return fillParameters(
    template,
    new Map([
      ['RELEASE', stringLiteral(release ?? 'unknown', 'a kernel release')],
      ['STACK_DEPTH', numberIn(stackDepth, 0, 64, 'the stack depth')],
    ]),
  );
}
