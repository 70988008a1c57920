/** The headers of an answer. Header values are ASCII: names from the configuration or the wire are made so. */
import type { GatewayError } from '../core/errors.ts';
import type { RateWindow } from '../core/ports.ts';
import { answeringAttempt, routeOf, sentAttempts, type Trace } from './trace.ts';

type Headers = { readonly [name: string]: string };

/** `isDecided`: who answers. Behind a ping it may still become another target, and what is said here stays said. */
export function answerHeaders(trace: Trace, contentType: string, isDecided = true): Headers {
  if (!isDecided) {
    const { 'x-tollgate-attempts': _, ...known } = commonHeaders(trace);
    return { 'content-type': contentType, ...known };
  }
  const attempt = answeringAttempt(trace);
  const cost = trace.attempts.reduce((sum, each) => sum + each.costNano, 0);
  return {
    'content-type': contentType,
    ...commonHeaders(trace),
    ...(attempt === undefined
      ? {}
      : { 'x-tollgate-provider': ascii(attempt.provider), 'x-tollgate-model': ascii(attempt.model) }),
    ...(trace.stream || attempt === undefined ? {} : { 'x-tollgate-cost-usd': usd(cost) }),
  };
}

export function errorHeaders(trace: Trace, error: GatewayError): Headers {
  return {
    'content-type': 'application/json',
    ...commonHeaders(trace),
    ...(error.retryAfterMs === undefined
      ? {}
      : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) }),
    ...(worthRetrying(trace, error) ? {} : { 'x-should-retry': 'false' }),
  };
}

/**
 * The official SDKs retry every 429 and 409 unless told otherwise: an empty budget is not refilled by asking again, nor
 * an answer found that was not kept.
 */
function worthRetrying(trace: Trace, error: GatewayError): boolean {
  if (error.kind === 'budget-exhausted') return false;
  return error.retryAfterMs !== undefined || (trace.denial === undefined && error.kind !== 'conflict');
}

function commonHeaders(trace: Trace): Headers {
  const dropped = answeringAttempt(trace)?.dropped ?? [];
  const route = routeOf(trace);
  return {
    'x-tollgate-request-id': trace.requestId,
    ...(sentAttempts(trace).length === 0 ? {} : { 'x-tollgate-attempts': String(sentAttempts(trace).length) }),
    ...(route === undefined ? {} : { 'x-tollgate-route': route }),
    ...(dropped.length === 0 ? {} : { 'x-tollgate-dropped-params': ascii(dropped.join(', ')) }),
    ...(trace.experiment === undefined ? {} : { 'x-tollgate-experiment': `${trace.experiment}=${trace.arm}` }),
    ...windowHeaders('requests', trace.limits.requests),
    ...windowHeaders('tokens', trace.limits.tokens),
  };
}

function windowHeaders(unit: 'requests' | 'tokens', window: RateWindow | undefined): Headers {
  if (window === undefined) return {};
  return {
    [`x-ratelimit-limit-${unit}`]: String(window.limit),
    [`x-ratelimit-remaining-${unit}`]: String(Math.max(0, Math.floor(window.remaining))),
    [`x-ratelimit-reset-${unit}`]: `${Math.ceil(window.resetMs / 1000)}s`,
  };
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1_024);
}

/** Nano-dollars as USD without an exponent: `0.000001234`. */
export function usd(nano: number): string {
  const text = (nano / 1e9).toFixed(9);
  return text.replace(/0+$/, '').replace(/\.$/, '');
}
