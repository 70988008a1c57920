/**
 * What was asked and answered, into the content log: after the last byte, beside the row, never in its way. Whether it
 * is kept at all is the key's and the model's to say.
 */
import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import type { ModelConfig } from '../core/config.ts';
import { toGatewayError } from '../core/errors.ts';
import { foldEvents } from '../core/fold.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { logLevel } from '../core/log-level.ts';
import { type Condenser, createCondenser } from '../records/condense.ts';
import type { ContentRow } from '../records/content-row.ts';
import { formatTimestamp } from '../records/format-row.ts';
import type { Redactor } from '../records/redact.ts';
import { splitContent } from '../records/split-content.ts';
import { ANSWER_CHARACTERS } from './capture-answer.ts';
import type { Gateway, Setup } from './gateway.ts';
import { answeringAttempt, type Trace } from './trace.ts';
import { GATEWAY_VERSION } from './version.ts';

/** Characters of a request that are kept; media do not count. */
const REQUEST_CHARACTERS = 2 << 20;

/** Decides, before anything is sent, what of this request may be kept. */
export function decideLog(trace: Trace, { config }: Setup, model: string): void {
  const entry: ModelConfig | undefined = Object.hasOwn(config.models, model) ? config.models[model] : undefined;
  trace.logLevel = logLevel(trace.caller?.log, entry?.log);
}

/** Never throws: what cannot be kept is reported without a word of it. */
export async function keepContent(gateway: Gateway, trace: Trace, redactor: Redactor): Promise<void> {
  if (trace.logLevel !== 'full' || trace.asked === undefined) return;
  try {
    const row = await contentRow(trace, trace.asked, redactor);
    await Promise.all(splitContent(row).map((part) => gateway.contents.write(part)));
  } catch (thrown) {
    const { kind } = toGatewayError(thrown);
    gateway.report('error', 'A content could not be kept.', { metric: 'LogDrop', requestId: trace.requestId, kind });
  }
}

async function contentRow(trace: Trace, asked: object, redactor: Redactor): Promise<ContentRow> {
  const options = { redactor, hash: sha256 };
  const request = createCondenser({ ...options, most: REQUEST_CHARACTERS });
  const answer = createCondenser({ ...options, most: ANSWER_CHARACTERS });
  const attempt = answeringAttempt(trace);
  const events = attempt?.answer?.events() ?? [];
  const requestText = JSON.stringify(await condense(request, asked as JsonObject));
  const choices = foldEvents(events).choices.map(({ index, blocks, finish }) => ({ index, blocks, finish }));
  const answerText = choices.length === 0 ? '' : JSON.stringify(answer.keep(choices as unknown as Json));
  const isCut = request.isCut || answer.isCut || attempt?.answer?.isCut === true;
  const { caller, error } = trace;
  const told = error === undefined ? null : error.traits.expose ? redactor.text(error.message) : error.kind;
  return {
    request_id: trace.requestId,
    part: 1,
    parts: 1,
    started_at: formatTimestamp(trace.startedAtMs),
    api: trace.api ?? null,
    key_id: caller?.keyId ?? null,
    team: caller?.team ?? null,
    user_id: caller?.user ?? null,
    app: caller?.app ?? null,
    env: caller?.env ?? null,
    model: trace.model === undefined ? null : redactor.text(trace.model),
    provider: attempt?.provider ?? null,
    target_model: attempt === undefined ? null : redactor.text(attempt.model),
    outcome: trace.outcome,
    error: told?.slice(0, MESSAGE_CHARACTERS) ?? null,
    request: requestText,
    answer: answerText,
    flags: isCut ? ['content-cut'] : [],
    gateway_version: GATEWAY_VERSION,
  };
}

const MESSAGE_CHARACTERS = 4_096;

/** Message by message, with a breath between: a megabyte takes tens of milliseconds, and others stream meanwhile. */
async function condense(condenser: Condenser, asked: JsonObject): Promise<Json> {
  const kept: [string, Json][] = [];
  for (const [name, value] of Object.entries(asked)) {
    if (value === undefined) continue;
    if (!Array.isArray(value)) {
      kept.push([name, condenser.keep(value, name)]);
      continue;
    }
    const elements: Json[] = [];
    for (const element of value as readonly Json[]) {
      elements.push(condenser.keep(element));
      await breathe();
    }
    kept.push([name, elements]);
  }
  return Object.fromEntries(kept);
}

const sha256 = (base64: string): string => createHash('sha256').update(base64, 'base64').digest('hex');
