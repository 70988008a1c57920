/**
 * Loaded before the local stack with `--import`: counts the AWS calls that its process makes, by operation, where they
 * leave it. Asked over the channel to its parent, it answers with the counts and the CPU time of the process so far.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

export interface ProcessCounts {
  /** `DynamoDB_20120810.UpdateItem` → calls. */
  readonly calls: { readonly [operation: string]: number };
  readonly cpuMs: number;
}

const calls = new Map<string, number>();

function count(target: unknown): void {
  if (typeof target === 'string') calls.set(target, (calls.get(target) ?? 0) + 1);
}

/** Node's own client, which the AWS SDK uses, and undici, in case somebody signs requests without the SDK. */
subscribe('http.client.request.start', (message) => {
  count((message as { readonly request: ClientRequest }).request.getHeader('x-amz-target'));
});
subscribe('undici:request:create', (message) => {
  const { headers } = (message as { readonly request: { readonly headers?: unknown } }).request;
  const list = Array.isArray(headers) ? headers : [];
  count(list[list.indexOf('x-amz-target') + 1 || list.length]);
});

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const counts: ProcessCounts = { calls: Object.fromEntries(calls), cpuMs: (user + system) / 1000 };
  process.send?.(counts);
});
// The channel alone must not keep the process alive, and the process must not outlive the benchmark.
process.channel?.unref();
process.once('disconnect', () => process.exit(0));
