/**
 * The functions' own log: one JSON object a line, straight to standard output, where Lambda puts no words of its own
 * before it. No content: texts in it are redacted, and requests are named by their ids.
 */
import type { Clock } from '../core/ports.ts';
import { countOne, type KnownNames, requestMetrics } from '../records/emf.ts';
import { createRedactor } from '../records/redact.ts';
import type { Row } from '../records/row.ts';

export interface LogLines {
  report(level: 'info' | 'warn' | 'error', message: string, fields: { readonly [name: string]: unknown }): void;
  /** The metrics of a request; nothing where nobody collects them. */
  measure(row: Row, known: KnownNames): void;
  /** A row that Firehose did not take. */
  lastResort(line: string): void;
}

export interface LogLinesOptions {
  readonly clock: Clock;
  /** Of the metrics; absent where no CloudWatch reads along. */
  readonly namespace: string | undefined;
  readonly write?: (line: string) => void;
}

export function createLogLines(options: LogLinesOptions): LogLines {
  const { clock, namespace, write = (line) => void process.stdout.write(`${line}\n`) } = options;
  const redactor = createRedactor();
  const counted = (metric: unknown): object =>
    namespace === undefined || typeof metric !== 'string' ? {} : countOne(metric, namespace, clock.now());
  return {
    report(level, message, fields) {
      const timestamp = new Date(clock.now()).toISOString();
      // Through JSON first: what is no JSON value, such as an error, has nothing to redact afterwards.
      const plain = redactor.value(JSON.parse(JSON.stringify(fields)));
      const told = typeof plain === 'object' ? plain : {};
      write(JSON.stringify({ level, timestamp, message, ...told, ...counted(fields.metric) }));
    },
    measure(row, known) {
      if (namespace !== undefined) write(requestMetrics(row, known, namespace, clock.now()));
    },
    lastResort(line) {
      write(line);
      if (namespace !== undefined) write(JSON.stringify(countOne('LogDrop', namespace, clock.now())));
    },
  };
}
