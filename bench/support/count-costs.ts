/** What one request costs the stack, over many of them one after the other. */
import type { BenchStack } from './gateway.ts';
import type { LoadTarget } from './load.ts';

export const COST_COLUMNS = ['DynamoDB', 'Firehose', 'Secrets Manager', 'CPU of the stack', 'operations'] as const;

export async function countCosts(stack: BenchStack, target: LoadTarget, requests: number): Promise<readonly string[]> {
  await target.once(); // Key, secrets and configuration are in memory from here on.
  const before = await settled(stack);
  for (let index = 0; index < requests; index += 1) await target.once();
  const after = await settled(stack);
  const operations = Object.entries(after.calls)
    .map(([name, calls]) => [name, (calls - (before.calls[name] ?? 0)) / requests] as const)
    .filter(([, each]) => each > 0);
  const of = (service: RegExp): string =>
    formatCount(operations.filter(([name]) => service.test(name)).reduce((sum, [, each]) => sum + each, 0));
  return [
    of(/^DynamoDB/),
    of(/^Firehose/),
    of(/^secretsmanager/i),
    `${((after.cpuMs - before.cpuMs) / requests).toFixed(1)} ms`,
    operations.map(([name, each]) => `${formatCount(each)} ${name.split('.').at(-1)}`).join(', '),
  ];
}

/** Meters are settled and rows are sent after the last byte: the count is taken once it stands still. */
async function settled(stack: BenchStack): Promise<Awaited<ReturnType<BenchStack['counts']>>> {
  for (let last = await stack.counts(); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const next = await stack.counts();
    if (JSON.stringify(next.calls) === JSON.stringify(last.calls)) return next;
    last = next;
  }
}

function formatCount(each: number): string {
  return Number.isInteger(each) ? String(each) : each.toFixed(2);
}
