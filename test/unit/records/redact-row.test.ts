import { expect, it } from 'vitest';
import { createRedactor } from '../../../functions/records/redact.ts';
import { redactRow } from '../../../functions/records/redact-row.ts';
import { fullRow } from '../lake/rows.ts';

const SECRET = 'sk-proj-'.concat('Zx9Qw3Er7Ty1Ui5Op2As8Df4Gh6Jk0Lm');
const redactor = createRedactor();

it('leaves no secret in any column that a client or a provider can write into', () => {
  const [attempt] = fullRow.attempts ?? [];
  if (attempt === undefined) throw new Error('The row has no attempt.');
  const row = {
    ...fullRow,
    model: `openai/${SECRET}`,
    target_model: SECRET,
    served_model: SECRET,
    route: `openai/${SECRET}!cooling(3s), openai/gpt-4o`,
    denied_scope: `provider:openai/${SECRET}`,
    error_code: SECRET,
    attempts: [{ ...attempt, model: SECRET, served_model: SECRET }],
    metadata: { [SECRET]: SECRET },
  };
  const redacted = redactRow(row, redactor, 'metadata');
  expect(JSON.stringify(redacted)).not.toContain(SECRET);
  expect(redacted.route).toBe('openai/[api-key:40]!cooling(3s), openai/gpt-4o');
  expect(redacted.attempts).toEqual([{ ...attempt, model: '[api-key:40]', served_model: '[api-key:40]' }]);
});

it('changes nothing else', () => {
  expect(redactRow(fullRow, redactor, 'metadata')).toEqual(fullRow);
});
