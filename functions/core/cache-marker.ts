import * as z from 'zod/mini';
import type { CacheMarker } from './chat.ts';
import type { JsonObject } from './json.ts';
import { type Path, parseRequest } from './parse.ts';

const schema = z.object({ type: z.literal('ephemeral'), ttl: z.nullish(z.enum(['5m', '1h'])) });

/** `cache_control` is Anthropic's; OpenRouter and LiteLLM taught clients to send it in OpenAI's dialect too. */
export function decodeCache(owner: JsonObject, at: Path): { readonly cache?: CacheMarker } {
  const value = owner.cache_control;
  if (value === undefined || value === null) return {};
  const { ttl } = parseRequest(schema, value, [...at, 'cache_control']);
  return { cache: { ttl: ttl ?? '5m' } };
}
