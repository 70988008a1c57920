/** Something the person at the terminal can put right. Printed as it is: what is wrong, and what to do next. */
export class CliError extends Error {
  /** 1, or 2 where the command itself was typed wrong. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { readonly cause?: unknown; readonly exitCode?: 1 | 2 } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'CliError';
    this.exitCode = options.exitCode ?? 1;
  }
}

/** `ENOENT`, `ECONNREFUSED`, … of the error itself. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether nothing listens where we tried to connect. SDKs and fetch bury the reason in causes and aggregates. */
export function isConnectionRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (errorCode(error) === 'ECONNREFUSED') return true;
  if (error instanceof AggregateError && error.errors.some(isConnectionRefused)) return true;
  return isConnectionRefused(error.cause);
}
