/** A server of the vLLM kind: chat completions, one waiting room, and `/metrics` that tell of both. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '../../local/listen.ts';

export interface ModelServer {
  /** Its base URL. */
  readonly url: string;
  /** The bodies that it has got, in order. */
  readonly seen: readonly { readonly [field: string]: unknown }[];
  readonly mostAtOnce: number;
  /** From now on nothing is answered, until it is let go. */
  hold(): void;
  release(): void;
  readonly held: number;
  /** What it says of itself, in place of the truth. */
  say(figures: Partial<Figures> | undefined): void;
  close(): Promise<void>;
}

interface Figures {
  readonly running: number;
  readonly waiting: number;
  readonly cacheUsed: number;
}

export async function startModelServer(): Promise<ModelServer> {
  const seen: { readonly [field: string]: unknown }[] = [];
  const waiting: (() => void)[] = [];
  let [isHolding, running, mostAtOnce] = [false, 0, 0];
  let said: Partial<Figures> | undefined;

  function metrics(): string {
    const truth = { running: running - waiting.length, waiting: waiting.length, cacheUsed: 0.1 };
    const figures = { ...truth, ...said };
    return [
      '# HELP vllm:num_requests_running Number of requests in model execution batches.',
      '# TYPE vllm:num_requests_running gauge',
      `vllm:num_requests_running{engine="0",model_name="llama"} ${figures.running.toFixed(1)}`,
      `vllm:num_requests_waiting{engine="0",model_name="llama"} ${figures.waiting.toFixed(1)}`,
      `vllm:kv_cache_usage_perc{engine="0",model_name="llama"} ${figures.cacheUsed}`,
      'vllm:e2e_request_latency_seconds_bucket{engine="0",le="0.3",model_name="llama"} 0.0',
    ].join('\n');
  }

  async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as { readonly [field: string]: unknown };
    seen.push(body);
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    if (isHolding) await new Promise<void>((resolve) => waiting.push(resolve));
    running -= 1;
    const message = { role: 'assistant', content: 'Fourpence.' };
    const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
    const choices = [{ index: 0, message, finish_reason: 'stop' }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'c', object: 'chat.completion', model: body.model, created: 1, choices, usage }));
  }

  const server = createServer((request, response) => {
    if (request.url === '/metrics') response.end(metrics());
    else chat(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const origin = await listen(server, { port: 0 });
  let isOpen = true;
  return {
    url: `${origin}/v1`,
    seen,
    get mostAtOnce() {
      return mostAtOnce;
    },
    hold() {
      isHolding = true;
    },
    release() {
      isHolding = false;
      for (const go of waiting.splice(0)) go();
    },
    get held() {
      return waiting.length;
    },
    say(figures) {
      said = figures;
    },
    async close() {
      if (isOpen) await closeServer(server);
      isOpen = false;
    },
  };
}
