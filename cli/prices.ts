import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { parseDate } from './cost-options.ts';
import { CliError } from './errors.ts';

interface ShowOptions {
  readonly provider?: string;
  readonly at?: string;
  readonly config?: string;
}

interface RepriceCommandOptions {
  readonly since: string;
  readonly until?: string;
  readonly set: readonly string[];
  readonly config?: string;
}

export function registerPrices(program: Command, context: CliContext): void {
  const prices = program.command('prices').description('what models cost, and what the log would cost otherwise');
  registerShow(prices, context);
  registerReprice(prices, context);
  registerRefresh(prices, context);
}

function registerShow(prices: Command, context: CliContext): void {
  prices
    .command('show')
    .argument('<model>', 'an alias, PROVIDER/MODEL, or the name of a model')
    .description('every rate of a model, and where it comes from')
    .option('--provider <name>', 'of this provider only')
    .option('--at <date>', 'as of noon of that day, UTC (default: now)', parseDate)
    .option('--config <file>', 'your own prices (default: what the local stack uses)')
    .action(async (model: string, { provider, at, config }: ShowOptions) => {
      const { findPrices } = await import('./price-source.ts');
      const { formatPrice, showPrices } = await import('./show-price.ts');
      const atMs = at === undefined ? context.io.now() : Date.parse(`${at}T12:00:00Z`);
      const shown = showPrices(await findPrices(context, config), { model, provider, atMs });
      context.show(shown, () => shown.map((each) => formatPrice(each, context.io.columns)).join('\n\n'));
    });
}

function registerReprice(prices: Command, context: CliContext): void {
  const collect = (text: string, before: readonly string[]) => [...before, text];
  prices
    .command('reprice')
    .description('computes the log again by the prices in force, or by others, and compares')
    .requiredOption('--since <date>', 'first day, UTC', parseDate)
    .option('--until <date>', 'last day, UTC, itself included (default: today)', parseDate)
    .option('--set <price>', 'another price, PROVIDER/MODEL:input=2.5,output=10; may be repeated', collect, [])
    .option('--config <file>', 'your own prices (default: what the local stack uses)')
    .action(async ({ since, until, set, config }: RepriceCommandOptions) => {
      const { formatRepriced, parseOverride, reprice } = await import('./reprice.ts');
      const { findPrices } = await import('./price-source.ts');
      const { openLake } = await import('./open-lake.ts');
      const last = until ?? new Date(context.io.now()).toISOString().slice(0, 10);
      if (since > last) {
        throw new CliError(`--since ${since} is after --until ${last}: no day lies between them.`, { exitCode: 2 });
      }
      const found = await findPrices(context, config, set.map(parseOverride));
      const lake = await openLake(context);
      try {
        const engine = context.isDeployed() ? 'trino' : 'duckdb';
        const result = await reprice({ lake, engine, prices: found, since, until: last });
        context.show(result, () => formatRepriced(result, context.io.columns));
      } finally {
        lake.close();
      }
    });
}

function registerRefresh(prices: Command, context: CliContext): void {
  prices
    .command('refresh')
    .description('takes the public price catalogue into force now, as upkeep does once a day')
    .option('--url <url>', 'where it is')
    .action(async ({ url }: { readonly url?: string }) => {
      const { PRICE_CATALOGUE } = await import('../functions/env.ts');
      const { deployedCatalogue } = await import('../functions/adapters/price-catalogue.ts');
      const { fetchCatalogue } = await import('../functions/adapters/fetch-catalogue.ts');
      const { createPriceStore } = await import('../functions/adapters/price-store.ts');
      const { refreshPrices } = await import('../functions/upkeep/refresh-prices.ts');
      const { useTable } = await import('./use-table.ts');
      const result = await useTable(context, (access) =>
        refreshPrices({
          store: createPriceStore(access),
          download: () => fetchCatalogue(url ?? PRICE_CATALOGUE),
          deployed: deployedCatalogue,
          nowMs: context.io.now(),
        }),
      );
      if (result.outcome === 'refused') {
        throw new CliError(`The catalogue was refused, and ${result.version} stays: ${result.reason}`);
      }
      const what = result.outcome === 'refreshed' ? 'Prices are now' : 'Prices are as before:';
      context.show(result, () => `${what} ${result.version}, ${result.models.toLocaleString('en-US')} models.`);
    });
}
