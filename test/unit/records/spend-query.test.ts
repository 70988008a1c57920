import { describe, expect, it } from 'vitest';
import { ATTEMPT_FIELDS } from '../../../functions/records/row.ts';
import { spendQuery } from '../../../functions/records/spend-query.ts';
import { createTrinoParser } from '../../support/lake/trino-parser.ts';
import { tempDir } from '../../support/temp-dir.ts';

const FROM = Date.UTC(2026, 9, 31, 15);
const TO = Date.UTC(2026, 10, 22, 15);

describe('the query of what was spent', () => {
  it('is Trino for Athena, and bounds what is scanned', async () => {
    const sql = spendQuery('trino', FROM, TO);
    const parser = await createTrinoParser(tempDir());
    expect(parser.validate(sql)).toEqual([]);
    expect(sql).toContain(`dt >= '2026-10-31'`);
    expect(sql).toContain(`started_at >= TIMESTAMP '2026-10-31 15:00:00.000'`);
    expect(sql).toContain(`started_at < TIMESTAMP '2026-11-22 15:00:00.000'`);
  });

  it('names every field of an attempt there: they are taken by their order', () => {
    const [, names = ''] = /UNNEST\(attempts\) AS attempt \(([^)]*)\)/.exec(spendQuery('trino', FROM, TO)) ?? [];
    expect(names.split(', ')).toEqual(ATTEMPT_FIELDS.map(([name]) => name));
  });
});
