import { addUsage, NO_USAGE, type Usage, type UsageSource } from '../core/usage.ts';
import { formatTimestamp } from '../records/format-row.ts';
import type { AttemptRow, Row } from '../records/row.ts';
import { reservedNano } from './cover-attempt.ts';
import { type AttemptTrace, answeringAttempt, routeOf, sentAttempts, type Trace } from './trace.ts';
import { GATEWAY_VERSION } from './version.ts';

/** Usage, cost and prices over all attempts: what is paid for is the sum, whoever answered. */
export interface Totals {
  readonly usage: Usage;
  readonly usageSource: UsageSource;
  readonly costNano: number;
  readonly unpriced: boolean;
}

export function totalsOf(attempts: readonly AttemptTrace[]): Totals {
  const used = attempts.filter((attempt) => attempt.usageSource !== 'none');
  return {
    usage: used.reduce((sum, attempt) => addUsage(sum, attempt.usage), NO_USAGE),
    usageSource: used.some((attempt) => attempt.usageSource === 'estimated')
      ? 'estimated'
      : used.length > 0
        ? 'reported'
        : 'none',
    costNano: sumOf(used, (attempt) => attempt.costNano),
    unpriced: used.some((attempt) => attempt.unpriced),
  };
}

export function buildRow(trace: Trace): Row {
  const attempt = answeringAttempt(trace);
  const totals = totalsOf(trace.attempts);
  const endedAtMs = trace.endedAtMs ?? trace.startedAtMs;
  const since = (ms: number | undefined): number | null => (ms === undefined ? null : ms - trace.startedAtMs);
  return {
    request_id: trace.requestId,
    started_at: formatTimestamp(trace.startedAtMs),
    api: trace.api ?? null,
    client_dialect: trace.dialect,
    stream: trace.stream,
    key_id: trace.caller?.keyId ?? null,
    team: trace.caller?.team ?? null,
    user_id: trace.caller?.user ?? null,
    app: trace.caller?.app ?? null,
    env: trace.caller?.env ?? null,
    model: trace.model ?? null,
    provider: attempt?.provider ?? null,
    target_model: attempt?.model ?? null,
    served_model: attempt?.servedModel ?? null,
    service_tier: attempt?.serviceTier ?? null,
    route: routeOf(trace) ?? null,
    experiment: trace.experiment ?? null,
    arm: trace.arm ?? null,
    shadow: trace.shadowOf !== undefined,
    shadow_of: trace.shadowOf ?? null,
    outcome: trace.outcome,
    http_status: trace.status ?? null,
    error_kind: trace.error?.kind ?? null,
    error_code: trace.error?.upstreamCode ?? null,
    denied_scope: trace.denial?.scope ?? null,
    denied_limit: trace.denial?.limit ?? null,
    finish_reason: attempt?.finishReason ?? null,
    attempt_count: sentAttempts(trace).length,
    failed_attempts: sentAttempts(trace).filter(hasFailed).length,
    attempts: trace.attempts.map((each) => attemptRow(trace, each, endedAtMs)),
    input_tokens: totals.usage.inputTokens,
    cache_read_tokens: totals.usage.cacheReadTokens,
    cache_write_5m_tokens: totals.usage.cacheWrite5mTokens,
    cache_write_1h_tokens: totals.usage.cacheWrite1hTokens,
    output_tokens: totals.usage.outputTokens,
    reasoning_tokens: totals.usage.reasoningTokens,
    audio_input_tokens: totals.usage.audioInputTokens,
    audio_output_tokens: totals.usage.audioOutputTokens,
    usage_source: totals.usageSource,
    cost_nano_usd: totals.costNano,
    cost_usd: totals.costNano / 1e9,
    failed_attempt_cost_nano_usd: sumOf(trace.attempts.filter(hasFailed), (each) => each.costNano),
    uncached_cost_nano_usd: sumOf(trace.attempts, (each) => each.uncachedCostNano),
    estimated_input_tokens: sumOf(trace.attempts, (each) => each.estimate?.inputTokens ?? 0),
    estimated_output_tokens: sumOf(trace.attempts, (each) => each.estimate?.outputTokens ?? 0),
    estimated_cost_nano_usd: sumOf(trace.attempts, (each) => each.estimate?.costNano ?? 0),
    reserved_nano_usd: trace.reservation === undefined ? null : reservedNano(trace.reservation),
    price_version: trace.priceVersion ?? null,
    unpriced: totals.unpriced,
    queue_ms: trace.queueMs,
    overhead_ms: trace.sentAtMs === undefined ? null : trace.sentAtMs - trace.startedAtMs - trace.queueMs,
    time_to_first_token_ms: since(trace.firstContentAtMs),
    total_ms: endedAtMs - trace.startedAtMs,
    request_bytes: trace.requestBytes,
    response_bytes: trace.responseBytes,
    flags: trace.flags,
    metadata: trace.metadata,
    config_version: trace.configVersion ?? null,
    gateway_version: GATEWAY_VERSION,
  };
}

function attemptRow(trace: Trace, attempt: AttemptTrace, endedAtMs: number): AttemptRow {
  const { usage, estimate, firstContentAtMs } = attempt;
  return {
    provider: attempt.provider,
    model: attempt.model,
    served_model: attempt.servedModel ?? null,
    service_tier: attempt.serviceTier ?? null,
    key_index: attempt.key?.index ?? null,
    http_status: attempt.status ?? attempt.error?.upstreamStatus ?? null,
    error_kind: attempt.error?.kind ?? null,
    finish_reason: attempt.finishReason ?? null,
    started_after_ms: attempt.startedAtMs - trace.startedAtMs,
    time_to_first_token_ms: firstContentAtMs === undefined ? null : firstContentAtMs - attempt.startedAtMs,
    duration_ms: (attempt.endedAtMs ?? endedAtMs) - attempt.startedAtMs,
    usage_source: attempt.usageSource,
    input_tokens: usage.inputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_5m_tokens: usage.cacheWrite5mTokens,
    cache_write_1h_tokens: usage.cacheWrite1hTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    audio_input_tokens: usage.audioInputTokens,
    audio_output_tokens: usage.audioOutputTokens,
    cost_nano_usd: attempt.costNano,
    estimated_input_tokens: estimate?.inputTokens ?? null,
    estimated_output_tokens: estimate?.outputTokens ?? null,
    estimated_cost_nano_usd: estimate?.costNano ?? null,
    unpriced: attempt.unpriced,
  };
}

function hasFailed(attempt: AttemptTrace): boolean {
  return attempt.error !== undefined;
}

function sumOf(attempts: readonly AttemptTrace[], amount: (attempt: AttemptTrace) => number): number {
  return attempts.reduce((sum, attempt) => sum + amount(attempt), 0);
}
