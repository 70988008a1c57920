/** The deployed request log: Athena, in the place where the local stack has DuckDB. */
import type { LakeResult } from '../local/lake.ts';
import type { CliContext } from './context.ts';
import type { DeployedStack } from './deployed-stack.ts';
import type { OpenLake } from './open-lake.ts';

/** Athena's list price, for what a query has cost. */
const USD_PER_TERABYTE = 5;
const LEAST_BYTES = 10_000_000;

export async function openAthena(stack: DeployedStack, context: CliContext): Promise<OpenLake> {
  const { AthenaClient } = await import('@aws-sdk/client-athena');
  const { runAthenaQuery } = await import('../functions/adapters/run-athena-query.ts');
  const client = new AthenaClient({});
  const { io } = context;
  const access = {
    client,
    workgroup: stack.workgroup,
    database: stack.database,
    sleep: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
  };
  return {
    async query(sql): Promise<LakeResult> {
      let seconds = 0;
      const result = await runAthenaQuery(access, {
        sql,
        progress: ({ Status, Statistics }) => {
          seconds += 1;
          if (io.columns === undefined) return;
          const scanned = ((Statistics?.DataScannedInBytes ?? 0) / 1e6).toFixed(1);
          io.error(`\rAthena: ${(Status?.State ?? 'QUEUED').toLowerCase()}, ${seconds} s, ${scanned} MB read `);
        },
      });
      if (io.columns !== undefined) {
        const billed = Math.max(result.scannedBytes, LEAST_BYTES);
        const usd = ((billed / 1e12) * USD_PER_TERABYTE).toFixed(5);
        io.error(`\r\u001b[KAthena read ${(result.scannedBytes / 1e6).toFixed(1)} MB: about $${usd}.\n`);
      }
      const types = result.columns.map(({ Type = 'varchar' }) => Type);
      return {
        columns: result.columns.map(({ Name = '' }, index) => ({
          name: Name,
          type: (types[index] ?? 'varchar').toUpperCase(),
        })),
        rows: result.rows.map((row) => row.map((text, index) => plain(text, types[index] ?? 'varchar'))),
      };
    },
    close: () => client.destroy(),
  };
}

const NUMBERS = /^(tinyint|smallint|integer|int|bigint|float|real|double|decimal)/;

/** As the local lake gives them: whole numbers that are not exact as numbers stay text. */
function plain(text: string | undefined, type: string): unknown {
  if (text === undefined) return null;
  if (type === 'boolean') return text === 'true';
  if (!NUMBERS.test(type)) return text;
  const number = Number(text);
  return Number.isNaN(number) || (Number.isInteger(number) && !Number.isSafeInteger(number)) ? text : number;
}
