import type { LogLevel } from '../core/log-level.ts';
import type { Redactor } from './redact.ts';
import type { Row } from './row.ts';

/**
 * The row without secrets in what clients and providers put into it. Identity (team, user, …) is left as it is: it comes
 * from the key, and the bill is by it.
 */
export function redactRow(row: Row, redactor: Redactor, level: LogLevel): Row {
  const text = (value: string | null): string | null => (value === null ? null : redactor.text(value));
  const metadata = Object.entries(level === 'none' ? {} : (row.metadata ?? {}));
  return {
    ...row,
    model: text(row.model),
    served_model: text(row.served_model),
    error_code: text(row.error_code),
    metadata: Object.fromEntries(metadata.map(([name, value]) => [redactor.text(name), redactor.text(value, name)])),
  };
}
