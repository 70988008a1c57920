/**
 * How busy a model server is, from what it shows Prometheus. The names are data: a server of another make is another
 * entry. The text format is read leniently: what is no sample of a name that is looked for is nothing, and labels are not
 * looked at (one server may count each of its engines or models: requests are added up, of caches the fullest counts).
 *
 * https://docs.vllm.ai/en/stable/usage/metrics/ (`gpu_cache_usage_perc` before 0.10), https://docs.sglang.ai/references/
 * production_metrics.html, llama.cpp's tools/server/README.md (builds since 2025 have no figure for the cache), and
 * https://huggingface.co/docs/text-generation-inference/reference/metrics; read on 2026-11-23.
 */
import type { ServerLoad } from '../core/server-load.ts';

interface Names {
  readonly running: string;
  readonly waiting: string;
  /** Which share of the KV cache is in use; the first that is there counts. */
  readonly cacheUsed: readonly string[];
}

const SERVERS: readonly Names[] = [
  {
    running: 'vllm:num_requests_running',
    waiting: 'vllm:num_requests_waiting',
    cacheUsed: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
  },
  { running: 'sglang:num_running_reqs', waiting: 'sglang:num_queue_reqs', cacheUsed: ['sglang:token_usage'] },
  {
    running: 'llamacpp:requests_processing',
    waiting: 'llamacpp:requests_deferred',
    cacheUsed: ['llamacpp:kv_cache_usage_ratio'],
  },
  { running: 'tgi_batch_current_size', waiting: 'tgi_queue_size', cacheUsed: [] },
];

const WANTED: ReadonlySet<string> = new Set(
  SERVERS.flatMap(({ running, waiting, cacheUsed }) => [running, waiting, ...cacheUsed]),
);

/** `name{label="a } b"} 1.5 1700000000000`: labels may hold anything but a line's end, an escaped quote included. */
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(?:[^"}\n]|"(?:[^"\\\n]|\\.)*")*\})?[ \t]+(\S+)/gm;

/** Undefined where no server of a known make shows its requests. */
export function readMetrics(text: string, atMs: number): ServerLoad | undefined {
  const found = new Map<string, readonly number[]>();
  for (const [, name = '', written = ''] of text.matchAll(SAMPLE)) {
    if (!WANTED.has(name)) continue;
    const value = Number(written);
    // Also `NaN` and `+Inf`, which the format knows.
    if (Number.isFinite(value) && value >= 0) found.set(name, [...(found.get(name) ?? []), value]);
  }
  for (const { running, waiting, cacheUsed } of SERVERS) {
    const [busy, queued] = [found.get(running), found.get(waiting)];
    if (busy === undefined && queued === undefined) continue;
    const cache = cacheUsed.map((name) => found.get(name)).find((values) => values !== undefined);
    return {
      running: add(busy),
      waiting: add(queued),
      cacheUsed: cache === undefined ? undefined : Math.min(1, Math.max(...cache)),
      atMs,
    };
  }
  return undefined;
}

function add(values: readonly number[] = []): number {
  return values.reduce((sum, value) => sum + value, 0);
}
