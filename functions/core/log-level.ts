/**
 * What is kept of a request. `none`: its row, without what the client put into `x-tollgate-metadata`. `metadata`: its row.
 * `full`: its row, and what was asked and answered, redacted, in the content log.
 */
export const LOG_LEVELS = ['none', 'metadata', 'full'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The lesser of what the key and the model say: who may not be logged by either is not. Where neither says, no content. */
export function logLevel(ofKey: LogLevel | undefined, ofModel: LogLevel | undefined): LogLevel {
  const said = [ofKey, ofModel].filter((level) => level !== undefined);
  return LOG_LEVELS.find((level) => said.includes(level)) ?? 'metadata';
}
