import type { UpstreamTarget } from '../core/ports.ts';

/** `openai/gpt-5-mini`, and `vllm/llama#1` for the second of several replicas: by this a target is known to all instances. */
export function targetName({ provider, model, replica }: UpstreamTarget): string {
  const name = `${provider}/${model}`;
  return replica === undefined ? name : `${name}#${replica}`;
}
