import type { JsonObject } from '../../core/json.ts';
import { NO_USAGE, readTerms, type ServiceTerm, totalOutputTokens, type Usage, withExtras } from '../../core/usage.ts';
import type { WireUsage } from './wire.ts';

type WireCacheUsage = Pick<WireUsage, 'cache_creation' | 'cache_creation_input_tokens'>;

/**
 * Counters of a stream are cumulative, and each event carries only some of them, or repeats an old one as 0 or null.
 * So the larger value stands: a later event can add to what is known and never take it back.
 */
export function mergeUsage(known: WireUsage | undefined, next: WireUsage): WireUsage {
  if (known === undefined) return next;
  return {
    input_tokens: larger(known.input_tokens, next.input_tokens),
    output_tokens: larger(known.output_tokens, next.output_tokens),
    cache_read_input_tokens: larger(known.cache_read_input_tokens, next.cache_read_input_tokens),
    cache_creation_input_tokens: larger(known.cache_creation_input_tokens, next.cache_creation_input_tokens),
    cache_creation: {
      ephemeral_5m_input_tokens: larger(
        known.cache_creation?.ephemeral_5m_input_tokens,
        next.cache_creation?.ephemeral_5m_input_tokens,
      ),
      ephemeral_1h_input_tokens: larger(
        known.cache_creation?.ephemeral_1h_input_tokens,
        next.cache_creation?.ephemeral_1h_input_tokens,
      ),
    },
    output_tokens_details: {
      thinking_tokens: larger(
        known.output_tokens_details?.thinking_tokens,
        next.output_tokens_details?.thinking_tokens,
      ),
    },
    service_tier: next.service_tier ?? known.service_tier,
    speed: next.speed ?? known.speed,
    inference_geo: next.inference_geo ?? known.inference_geo,
    server_tool_use: {
      web_search_requests: larger(
        known.server_tool_use?.web_search_requests,
        next.server_tool_use?.web_search_requests,
      ),
    },
    iterations: next.iterations ?? known.iterations,
  };
}

export function convertUsage(wire: WireUsage): Usage {
  // The tokens of a compaction are billed, and not in the top-level fields (BetaUsage.iterations in Anthropic's SDK).
  const parts = [wire, ...(wire.iterations ?? []).filter((iteration) => iteration.type === 'compaction')];
  const sum = (pick: (part: (typeof parts)[number]) => number): number =>
    parts.reduce((total, part) => total + pick(part), 0);
  const outputTokens = sum((part) => tokens(part.output_tokens));
  return {
    inputTokens: sum((part) => tokens(part.input_tokens)),
    cacheReadTokens: sum((part) => tokens(part.cache_read_input_tokens)),
    cacheWrite5mTokens: sum((part) => cacheWrites(part).fiveMinutes),
    cacheWrite1hTokens: sum((part) => cacheWrites(part).oneHour),
    outputTokens,
    reasoningTokens: Math.min(tokens(wire.output_tokens_details?.thinking_tokens), outputTokens),
    audioInputTokens: 0,
    audioOutputTokens: 0,
  };
}

/** Searches are paid for one by one, and what they find as input besides. */
export function termsOf({
  service_tier: tier,
  speed,
  inference_geo: place,
  server_tool_use: tools,
}: WireUsage): readonly ServiceTerm[] {
  return withExtras(readTerms(tier, speed, place), tokens(tools?.web_search_requests) > 0);
}

/**
 * Both cache counters stand beside `input_tokens`, not in it. The split of what was written is null where nothing was:
 * clients keep the one of `message_start`, when some providers have not counted yet, and a 0 would contradict the total.
 */
export function toWireUsage(usage: Usage = NO_USAGE): JsonObject {
  const { cacheWrite5mTokens, cacheWrite1hTokens, reasoningTokens } = usage;
  const written = cacheWrite5mTokens + cacheWrite1hTokens;
  return {
    input_tokens: usage.inputTokens + usage.audioInputTokens,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation:
      written === 0
        ? null
        : { ephemeral_5m_input_tokens: cacheWrite5mTokens, ephemeral_1h_input_tokens: cacheWrite1hTokens },
    output_tokens: totalOutputTokens(usage),
    output_tokens_details: reasoningTokens === 0 ? null : { thinking_tokens: reasoningTokens },
  };
}

/**
 * The split by lifetime comes only in `message_start`; the total may still grow in `message_delta` (server tools sample
 * more than once). What the split does not explain is counted to the lifetime that the request uses, which is 5 minutes
 * unless everything that is known was written for an hour.
 */
function cacheWrites(wire: WireCacheUsage): { readonly fiveMinutes: number; readonly oneHour: number } {
  const fiveMinutes = tokens(wire.cache_creation?.ephemeral_5m_input_tokens);
  const oneHour = tokens(wire.cache_creation?.ephemeral_1h_input_tokens);
  const unexplained = Math.max(0, tokens(wire.cache_creation_input_tokens) - fiveMinutes - oneHour);
  return oneHour > 0 && fiveMinutes === 0
    ? { fiveMinutes, oneHour: oneHour + unexplained }
    : { fiveMinutes: fiveMinutes + unexplained, oneHour };
}

function larger(known: number | null | undefined, next: number | null | undefined): number | undefined {
  if (known === null || known === undefined) return next ?? undefined;
  return next === null || next === undefined ? known : Math.max(known, next);
}

function tokens(value: number | null | undefined): number {
  return value !== null && value !== undefined && value > 0 ? Math.round(value) : 0;
}
