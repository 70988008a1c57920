/**
 * What each recorded answer is booked with, to the token and the nano-dollar. The golden file has nothing of the answers
 * but these numbers; it changes where a new catalogue corrects a price.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPriceBook, deployedCatalogue } from '../../../functions/adapters/price-catalogue.ts';
import type { ChatEvent, Dialect } from '../../../functions/core/chat.ts';
import type { Frame } from '../../../functions/core/codec.ts';
import type { Json, JsonObject } from '../../../functions/core/json.ts';
import type { Usage } from '../../../functions/core/usage.ts';
import { embeddingsCodec } from '../../../functions/dialects/embeddings.ts';
import { providerCodec } from '../../../functions/dialects/index.ts';
import { openAttempt, openTrace } from '../../../functions/gateway/trace.ts';
import { createWatch } from '../../../functions/gateway/watch.ts';
import { costNano } from '../../../functions/ledger/prices.ts';
import { RECORDINGS } from '../../support/recordings.ts';

const NOON = Date.parse('2026-11-23T12:00:00Z');
const book = createPriceBook(await deployedCatalogue(), []);

/** The folder's name → the catalogue's id, and the model where the answers do not name one. */
const PROVIDERS: { readonly [folder: string]: readonly [id: string, model?: string] } = {
  'amazon-bedrock': ['aws', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
  anthropic: ['anthropic'],
  deepseek: ['deepseek'],
  google: ['google'],
  groq: ['groq'],
  mistral: ['mistral'],
  openai: ['openai'],
  'openai-compatible': ['x-ai'],
  xai: ['x-ai'],
};

interface Booked {
  readonly model: string;
  readonly source: string;
  /** Those that are not 0. */
  readonly usage: Partial<Usage>;
  /** `null`: no price is known. */
  readonly nano: number | null;
}

describe.runIf(RECORDINGS)('recorded answers', () => {
  it('are booked with exactly this', async () => {
    const booked: { [name: string]: Booked | string } = {};
    for (const [folder, [provider, model]] of Object.entries(PROVIDERS)) {
      for (const file of readdirSync(join(RECORDINGS ?? '', folder)).sort()) {
        const content = readFileSync(join(RECORDINGS ?? '', folder, file), 'utf8');
        booked[`${folder}/${file}`] = book_(provider, model, valuesOf(file, content), file.endsWith('.json'));
      }
    }
    expect(Object.values(booked).filter((each) => typeof each !== 'string').length).toBeGreaterThan(60);
    await expect(`${JSON.stringify(booked, null, 1)}\n`).toMatchFileSnapshot('recordings.json');
  });
});

/** An error, or a stream that breaks off, in its kind. */
function book_(provider: string, known: string | undefined, values: readonly Json[], whole: boolean): Booked | string {
  const attempt = openAttempt(openTrace('req_1', NOON, 'openai-chat'), provider, known ?? '', NOON);
  const watch = createWatch(attempt);
  let failure = '';
  try {
    for (const events of eventsOf(values, whole)) watch.see(events);
  } catch (error) {
    failure = (error as { readonly kind?: string }).kind ?? String(error);
  }
  const { usage, usageSource, terms } = watch.usage({ inputTokens: 1_000, terms: [] });
  if (usageSource === 'none') return failure;
  const model = known ?? attempt.servedModel ?? '';
  const price = book.find({ provider, model, atMs: NOON });
  return {
    model: [model, ...terms].join(' '),
    source: failure === '' ? usageSource : `${usageSource}, ${failure}`,
    usage: Object.fromEntries(Object.entries(usage).filter(([, count]) => count !== 0)),
    nano: price === undefined ? null : costNano(price, usage, terms),
  };
}

function* eventsOf(values: readonly Json[], whole: boolean): Generator<readonly ChatEvent[]> {
  const first = (values[0] ?? {}) as JsonObject;
  if (Array.isArray(first.data)) {
    const { model, usage } = embeddingsCodec('openai-chat').decode(first, {
      model: 'm',
      input: (first.data as Json[]).map(() => ''),
      extensions: {},
    } as never);
    yield [
      { type: 'response-start', id: '', model },
      { type: 'finish', choice: 0, reason: 'stop' },
    ];
    if (usage !== undefined) yield [{ type: 'usage', usage }];
    return;
  }
  const codec = providerCodec(dialectOf(values as readonly JsonObject[]));
  if (whole) {
    if (first.error !== undefined && first.error !== null)
      throw codec.decodeError({ status: 400, headers: {}, body: JSON.stringify(first) });
    yield codec.decodeResponse(first);
    return;
  }
  const decoder = codec.createDecoder();
  for (const value of values) yield decoder.push(frameOf(codec.dialect, value as JsonObject));
  if (codec.dialect === 'openai-chat') yield decoder.push({ data: '[DONE]', raw: '' });
  yield decoder.end();
}

function frameOf(dialect: Dialect, value: JsonObject): Frame {
  if (dialect === 'bedrock-converse') {
    const [event = '', data] = Object.entries(value)[0] ?? [];
    return { event, data: JSON.stringify(data), raw: '' };
  }
  const data = JSON.stringify(value);
  return typeof value.type === 'string' ? { event: value.type, data, raw: '' } : { data, raw: '' };
}

/** By what only its answers have. */
function dialectOf(values: readonly JsonObject[]): Dialect {
  const has = (...names: readonly string[]) => values.some((value) => names.some((name) => value[name] !== undefined));
  const type = String(values[0]?.type ?? '');
  if (has('candidates', 'usageMetadata')) return 'gemini';
  if (has('messageStart', 'messageStop', 'stopReason')) return 'bedrock-converse';
  if (type.startsWith('response.') || values[0]?.object === 'response') return 'openai-responses';
  if (type.startsWith('message') || type === 'error') return 'anthropic-messages';
  return 'openai-chat';
}

function valuesOf(file: string, content: string): readonly Json[] {
  if (file.endsWith('.json')) return [JSON.parse(content)];
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  if (!file.endsWith('.sse')) return lines.map((line) => JSON.parse(line));
  return lines.flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));
}
