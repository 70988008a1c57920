/** Something the person at the terminal can put right. Printed as one line, what is wrong and what to do next. */
export class CliError extends Error {
  /** 1, or 2 where the command itself was typed wrong. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { readonly cause?: unknown; readonly exitCode?: 1 | 2 } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'CliError';
    this.exitCode = options.exitCode ?? 1;
  }
}
