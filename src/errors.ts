/** Every error that kwho raises on purpose: what happened, what to do next, and a code that scripts can match. */
export class KwhoError extends Error {
  override readonly name: string = 'KwhoError';
  /** Stable, lower-case words joined by `-`: `tracefs-missing`. */
  readonly code: string;
  /** What the user can do about it; absent where nothing helps. */
  readonly hint: string | undefined;

  constructor(message: string, options: { code: string; hint?: string | undefined; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
  }
}

/** The command line asks for something that does not exist or does not fit: exit status 2. */
export class UsageError extends KwhoError {
  override readonly name = 'UsageError';
  constructor(message: string, hint?: string) {
    super(message, { code: 'usage', hint });
  }
}

/** The kernel or the host lacks what is needed: exit status 69 (EX_UNAVAILABLE of sysexits.h). */
export class UnavailableError extends KwhoError {
  override readonly name = 'UnavailableError';
}

/** What is needed is there, but not for this user: exit status 77 (EX_NOPERM of sysexits.h). */
export class PermissionError extends KwhoError {
  override readonly name = 'PermissionError';
}

/** A means cannot be used here, or not by this user: another one may. */
export function isRefusal(error: unknown): error is UnavailableError | PermissionError {
  return error instanceof UnavailableError || error instanceof PermissionError;
}

/** The `code` of a failed system call (`ENOENT`), or null for any other error. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
