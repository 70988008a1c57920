/**
 * Asks model servers how busy they are, and writes it down for the gateways: one who asks for all, because there may be
 * hundreds of instances. Servers that do not answer are left out, and say nothing until they do.
 */
import { download } from '../adapters/download.ts';
import type { Config, ProviderConfig } from '../core/config.ts';
import type { Clock } from '../core/ports.ts';
import type { LoadStore, ServerLoad } from '../core/server-load.ts';
import { readMetrics } from '../routing/read-metrics.ts';

export interface LoadReading {
  readonly clock: Clock;
  readonly loads: LoadStore;
  config(): Promise<Config>;
}

export interface LoadResult {
  readonly servers: number;
  /** Servers that said nothing, and why, as far as one line can hold. */
  readonly silent: readonly string[];
}

/** vLLM shows about 100 kB with its histograms. */
const MOST = { bytes: 4_000_000, ms: 3_000 };
const MOST_NAMED = 10;

export async function readLoads({ clock, loads, config }: LoadReading): Promise<LoadResult> {
  const { providers } = await config();
  const silent: string[] = [];
  let servers = 0;
  const readProvider = async (provider: string, urls: readonly string[], path: string): Promise<void> => {
    const found = new Map<string, ServerLoad>();
    servers += urls.length;
    const ask = async (url: string): Promise<void> => {
      try {
        const text = await download(new URL(path, url).href, 'text/plain', MOST);
        const load = readMetrics(text, clock.now());
        if (load === undefined) throw new Error('It shows no figures of a server that is known');
        found.set(url, load);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (silent.length < MOST_NAMED) silent.push(`${url}: ${reason}`);
      }
    };
    await Promise.all(urls.map(ask));
    await loads.write(provider, found, clock.now());
  };
  await Promise.all(
    Object.entries(providers).flatMap(([name, provider]) =>
      provider.metricsPath === undefined ? [] : [readProvider(name, urlsOf(provider), provider.metricsPath)],
    ),
  );
  return { servers, silent };
}

/** As the plan names them. */
function urlsOf({ baseUrl, baseUrls = [baseUrl ?? ''] }: ProviderConfig): readonly string[] {
  return baseUrls.filter((url) => url !== '').map((url) => url.replace(/\/+$/, ''));
}
