import type { ByteString } from '../decode/trace-record.js';

/** A rule that drops or rejects, or a chain's policy that does. */
export interface DropRule {
  /** The same for the same rule, as long as it stands. */
  id: string;
  /** What names it, in words. */
  text: ByteString;
  /** What shows it, inside of its namespace. */
  command: ByteString;
  /** Packets it has counted; null where it has no counter. */
  packets: number | null;
  /** It drops only some of what it counts. */
  sometimes?: boolean;
  /** Table and name of the counter that stands elsewhere in the list. */
  namedCounter?: string;
}
