import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readMetrics } from '../../../functions/routing/read-metrics.ts';

const read = (text: string) => readMetrics(text, 5);

it.each([
  [
    'vLLM',
    `# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="meta/llama"} 37.0
vllm:num_requests_waiting{engine="0",model_name="meta/llama"} 12.0
vllm:num_requests_waiting_by_reason{engine="0",model_name="meta/llama",reason="capacity"} 9.0
vllm:kv_cache_usage_perc{engine="0",model_name="meta/llama"} 0.82
vllm:time_to_first_token_seconds_bucket{le="0.001"} 0.0`,
    { running: 37, waiting: 12, cacheUsed: 0.82 },
  ],
  [
    'an older vLLM',
    'vllm:num_requests_running 3\nvllm:num_requests_waiting 0\nvllm:gpu_cache_usage_perc 0.5',
    { running: 3, waiting: 0, cacheUsed: 0.5 },
  ],
  [
    'two engines of one server',
    'vllm:num_requests_running{engine="0"} 3\nvllm:num_requests_running{engine="1"} 4\nvllm:num_requests_waiting{engine="0"} 1\nvllm:kv_cache_usage_perc{engine="0"} 0.2\nvllm:kv_cache_usage_perc{engine="1"} 0.9',
    { running: 7, waiting: 1, cacheUsed: 0.9 },
  ],
  [
    'SGLang',
    'sglang:token_usage{model_name="q"} 0.28\nsglang:num_running_reqs{model_name="q"} 8.0\nsglang:num_queue_reqs{model_name="q"} 4.0',
    { running: 8, waiting: 4, cacheUsed: 0.28 },
  ],
  [
    'llama.cpp',
    'llamacpp:requests_processing 4\nllamacpp:requests_deferred 46\nllamacpp:n_busy_slots_per_decode 3.87',
    { running: 4, waiting: 46, cacheUsed: undefined },
  ],
  ['TGI', 'tgi_batch_current_size 6\ntgi_queue_size 2\n', { running: 6, waiting: 2, cacheUsed: undefined }],
])('%s', (_server, text, expected) => {
  expect(read(text)).toEqual({ ...expected, atMs: 5 });
  expect(read(text.replaceAll('\n', '\r\n'))).toEqual({ ...expected, atMs: 5 });
});

it('takes times behind values, and braces, quotes and line feeds in labels', () => {
  expect(read('vllm:num_requests_running{a="x } 9",b="\\"q\\n"} 2 1700000000000')).toMatchObject({ running: 2 });
  expect(read('vllm:num_requests_running\t2e1')).toMatchObject({ running: 20 });
});

it.each([
  '',
  'hello',
  '<html>not found</html>',
  '{"error":1}',
  '# vllm:num_requests_running 4',
  'vllm:num_requests_running',
])('finds nothing in %j', (text) => {
  expect(read(text)).toBeUndefined();
});

it('leaves out what is no number of requests', () => {
  const text = 'vllm:num_requests_running NaN\nvllm:num_requests_waiting 3\nvllm:kv_cache_usage_perc +Inf';
  expect(read(text)).toEqual({ running: 0, waiting: 3, cacheUsed: undefined, atMs: 5 });
  expect(read('vllm:num_requests_waiting -1')).toBeUndefined();
});

it('throws at nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('vllm:num_requests_running', '{', '"', '}', ' ', '\\', '1', '\n', 'é')),
      (parts) => {
        const load = read(parts.join(''));
        expect(load === undefined || load.running >= 0).toBe(true);
      },
    ),
  );
});
