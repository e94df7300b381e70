import type { ByteString } from '../../decode/trace-record.js';
import type { Stage } from './finding.js';

/** A hop on the marker's way. */
export interface CanaryHop {
  hop: ByteString;
  stage: Stage;
  /** `skipped`: it cannot be asked of a marker, or nobody runs there. */
  state: 'arrived' | 'lost' | 'skipped';
  /** Milliseconds since the write. */
  delay: number | null;
  detail: ByteString;
}

/** The facility of what programs write to /dev/kmsg: the kernel does not let them use its own. */
export const USER = 1;
