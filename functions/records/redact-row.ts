import type { LogLevel } from '../core/log-level.ts';
import type { Redactor } from './redact.ts';
import type { AttemptRow, Row } from './row.ts';

/**
 * The row without secrets in what clients and providers put into it. Identity (team, user, …) is left as it is: it comes
 * from the key, and the bill is by it. The names of models are in the hands of whoever asks for `provider/model`, and of
 * whoever answers: they stand in the route and in each attempt, too.
 */
export function redactRow(row: Row, redactor: Redactor, level: LogLevel): Row {
  const text = (value: string | null): string | null => (value === null ? null : redactor.text(value));
  const attempt = (each: AttemptRow): AttemptRow => ({
    ...each,
    model: text(each.model),
    served_model: text(each.served_model),
  });
  const metadata = Object.entries(level === 'none' ? {} : (row.metadata ?? {}));
  return {
    ...row,
    model: text(row.model),
    target_model: text(row.target_model),
    served_model: text(row.served_model),
    route: text(row.route),
    denied_scope: text(row.denied_scope),
    error_code: text(row.error_code),
    attempts: row.attempts?.map(attempt) ?? null,
    metadata: Object.fromEntries(metadata.map(([name, value]) => [redactor.text(name), redactor.text(value, name)])),
  };
}
