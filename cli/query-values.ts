/** Values of shipped queries that are not in the log: prices from the catalogue, budgets from the meters. */
import type { CliContext } from './context.ts';
import { CliError, isConnectionRefused } from './errors.ts';
import { useTable } from './use-table.ts';

export type QueryValues = readonly (readonly [name: string, value: string])[];

/** In USD per million tokens, as `what-if` wants them. Of long-context prices the first step. */
export async function likePrices(context: CliContext, like: string, file: string | undefined): Promise<QueryValues> {
  const { findPrices, priceQuery } = await import('./price-source.ts');
  const prices = await findPrices(context, file);
  const at = like.indexOf('/');
  const [provider, model] = [like.slice(0, Math.max(at, 0)), like.slice(at + 1)];
  const known = Object.keys(prices.config.providers);
  // Without a configuration a provider is known by the catalogue's name for it.
  if (provider === '' || (known.length > 0 && !known.includes(provider))) {
    throw new CliError(`--like ${like}: PROVIDER/MODEL is wanted; providers are ${known.join(', ')}.`, { exitCode: 2 });
  }
  const price = prices.book.find(priceQuery(prices, provider, model, context.io.now()));
  if (price === undefined) {
    throw new CliError(`No price is known for ${like}. Give prices yourself, e.g. --set input=2.5 --set output=10.`);
  }
  const { base } = price;
  const usd = (pico: number): string => String(pico / 1e6);
  return [
    ['input', usd(base.input)],
    ['cache_read', usd(base.cacheRead)],
    ['cache_write_5m', usd(base.cacheWrite5m)],
    ['cache_write_1h', usd(base.cacheWrite1h)],
    ['output', usd(base.output)],
    ['audio_input', usd(base.audioInput)],
    ['audio_output', usd(base.audioOutput)],
  ];
}

/** What the meters of this kind have as their monthly budgets; none where the table does not answer, with a word. */
export async function defaultBudgets(context: CliContext, kind: string): Promise<QueryValues> {
  const { listMeters } = await import('../functions/adapters/meter-admin.ts');
  try {
    const meters = await useTable(context, (access) => listMeters({ ...access, nowMs: context.io.now() }));
    const budgets = meters.flatMap(({ scope, limits }) => {
      const usd = limits.budget_month_usd;
      const name = scope.slice(kind.length + 1);
      return usd !== undefined && scope.startsWith(`${kind}:`) && name !== '*' ? [{ name, usd }] : [];
    });
    // These signs part the entries of the query's parameter.
    const unspeakable = budgets.filter(({ name }) => /[=;]/.test(name));
    for (const { name } of unspeakable)
      context.io.error(`Without the budget of ${kind}:${name}: its name has a "=" or ";".\n`);
    const entries = budgets.filter((budget) => !unspeakable.includes(budget)).map(({ name, usd }) => `${name}=${usd}`);
    return [['budgets', entries.join(';')]];
  } catch (error) {
    if (!isConnectionRefused(error)) throw error;
    context.io.error(
      'Without budgets, because the local stack is not running: npm start, or --set "budgets=search=500".\n',
    );
    return [];
  }
}
