/** The means of one side of a run: `function`, `hist`, …; and what they cannot see, in words. */
export interface Sources {
  readonly backends: readonly string[];
  readonly blindSpots: readonly string[];
}

/** One side of a run, of the kernel log or of dropped packets: sources, model and output wired into one. */
export interface Side {
  /** Reads, decodes and tells what there is; true if there was anything. */
  poll(): boolean;
  readonly sources?: Sources;
  /** A bound that was asked for is reached. */
  readonly done: boolean;
  /** Milliseconds until it has to be polled again whatever comes; absent where only what comes matters. */
  readonly due?: number;
  /** Stops its sources, reads what is left, and closes the account. */
  finish(): Promise<void> | void;
}
