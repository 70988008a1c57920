/**
 * Bills by hand: what a provider reports, in its own words, and what it charges by its public price list, in cents. The
 * pages, read in November 2026: openai.com/api/pricing, openai.com/api-priority-processing,
 * platform.claude.com/docs/en/about-claude/pricing, ai.google.dev/gemini-api/docs/pricing, aws.amazon.com/bedrock/pricing.
 */
import { describe, expect, it } from 'vitest';
import { createPriceBook, deployedCatalogue } from '../../../functions/adapters/price-catalogue.ts';
import type { Dialect } from '../../../functions/core/chat.ts';
import type { JsonObject } from '../../../functions/core/json.ts';
import { parseTerms, readTerms, type ServiceTerm, type Usage } from '../../../functions/core/usage.ts';
import { embeddingsCodec } from '../../../functions/dialects/embeddings.ts';
import { providerCodec } from '../../../functions/dialects/index.ts';
import { costNano, isPriced } from '../../../functions/ledger/prices.ts';

const NOON = Date.parse('2026-11-23T12:00:00Z');
const book = createPriceBook(await deployedCatalogue(), []);

const chat = (usage: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'stop' }],
  usage,
  ...more,
});
const responses = (usage: JsonObject, more: JsonObject = {}): JsonObject => ({
  id: 'r',
  model: 'm',
  status: 'completed',
  output: [],
  usage,
  ...more,
});
const claude = (usage: JsonObject): JsonObject => ({
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [],
  stop_reason: 'end_turn',
  usage,
});
const gemini = (usageMetadata: JsonObject): JsonObject => ({
  candidates: [{ content: { parts: [{ text: '' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata,
});
const bedrock = (usage: JsonObject, more: JsonObject = {}): JsonObject => ({
  output: { message: { role: 'assistant', content: [] } },
  stopReason: 'end_turn',
  usage,
  ...more,
});

function billOf(dialect: Dialect, body: JsonObject): { usage: Usage; terms: readonly ServiceTerm[] } {
  const event = providerCodec(dialect)
    .decodeResponse(body)
    .findLast((each) => each.type === 'usage');
  if (event?.type !== 'usage') throw new Error('No usage was read.');
  return { usage: event.usage, terms: event.terms ?? [] };
}

const modality = (name: string, tokenCount: number): JsonObject => ({ modality: name, tokenCount });

/** biome-ignore format: a table is read by its columns */
const CASES: readonly (readonly [what: string, provider: string, model: string, dialect: Dialect, body: JsonObject, cents: number])[] = [
  // 1,000 × $2.50 + 500 × $10, a million = $0.0025 + $0.005
  ['OpenAI: input and output', 'openai', 'gpt-4o', 'openai-chat',
    chat({ prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 }), 0.75],
  // (10,000 - 8,000) × $2.50 + 8,000 × $1.25 + 100 × $10 = $0.005 + $0.01 + $0.001
  ['OpenAI: cached input', 'openai', 'gpt-4o', 'openai-chat',
    chat({ prompt_tokens: 10_000, completion_tokens: 100, total_tokens: 10_100, prompt_tokens_details: { cached_tokens: 8_000 } }), 1.6],
  // Reasoning is within the 900: 100 × $1.25 + 900 × $10 = $0.000125 + $0.009
  ['OpenAI: reasoning, once', 'openai', 'gpt-5', 'openai-responses',
    responses({ input_tokens: 100, output_tokens: 900, total_tokens: 1_000, output_tokens_details: { reasoning_tokens: 800 } }), 0.9125],
  // 2,000 × $4 + 3,000 × $0.40 + 5,000 × $5 + 10 × $20 = $0.008 + $0.0012 + $0.025 + $0.0002
  ['OpenAI: written to its cache', 'openai', 'gpt-5.6-sol', 'openai-responses',
    responses({ input_tokens: 10_000, output_tokens: 10, total_tokens: 10_010, input_tokens_details: { cached_tokens: 3_000, cache_write_tokens: 5_000 } }), 3.44],
  // 200 × $2.50 + 1,000 × $32 + 50 × $10 + 300 × $64 = $0.0005 + $0.032 + $0.0005 + $0.0192
  ['OpenAI: audio in and out', 'openai', 'gpt-audio', 'openai-chat',
    chat({ prompt_tokens: 1_200, completion_tokens: 350, total_tokens: 1_550, prompt_tokens_details: { audio_tokens: 1_000 }, completion_tokens_details: { audio_tokens: 300 } }), 5.22],
  // From 272,000 on twice the input, and $30 for output: 272,000 × $8 + 1,000 × $30 = $2.176 + $0.03
  ['OpenAI: a long context', 'openai', 'gpt-5.6-sol', 'openai-responses',
    responses({ input_tokens: 272_000, output_tokens: 1_000, total_tokens: 273_000 }), 220.6],
  // One token less: 271,999 × $4 + 1,000 × $20 = $1.087996 + $0.02
  ['OpenAI: just not a long context', 'openai', 'gpt-5.6-sol', 'openai-responses',
    responses({ input_tokens: 271_999, output_tokens: 1_000, total_tokens: 272_999 }), 110.7996],
  // Half of 1,000 × $1.25 + 500 × $10 = ½ ($0.00125 + $0.005)
  ['OpenAI: flex', 'openai', 'gpt-5', 'openai-chat',
    chat({ prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 }, { service_tier: 'flex' }), 0.3125],
  // $2.50 and $20: 1,000 × $2.50 + 500 × $20 = $0.0025 + $0.01
  ['OpenAI: priority', 'openai', 'gpt-5', 'openai-chat',
    chat({ prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 }, { service_tier: 'priority' }), 1.25],
  // Priority of gpt-4o-mini is $0.25, $0.125 and $1: 1,000 × $0.25 + 1,000 × $0.125 + 500 × $1
  ['OpenAI: priority, in thirds', 'openai', 'gpt-4o-mini', 'openai-responses',
    responses({ input_tokens: 2_000, output_tokens: 500, total_tokens: 2_500, input_tokens_details: { cached_tokens: 1_000 } }, { service_tier: 'priority' }), 0.0875],
  // Asked for priority, and served as any other: the list price
  ['OpenAI: priority, not granted', 'openai', 'gpt-5', 'openai-responses',
    responses({ input_tokens: 1_000, output_tokens: 500, total_tokens: 1_500 }, { service_tier: 'default' }), 0.625],
  // 500 × $3 + 4,000 × $0.30 + 2,000 × $3.75 + 1,000 × $6 + 100 × $15 = $0.0015 + $0.0012 + $0.0075 + $0.006 + $0.0015
  ['Anthropic: both caches', 'anthropic', 'claude-sonnet-4-5', 'anthropic-messages',
    claude({ input_tokens: 500, cache_read_input_tokens: 4_000, cache_creation_input_tokens: 3_000, cache_creation: { ephemeral_5m_input_tokens: 2_000, ephemeral_1h_input_tokens: 1_000 }, output_tokens: 100 }), 1.77],
  // 1,000 + 199,001 read are over 200,000: 1,000 × $6 + 199,001 × $0.60 + 100 × $22.50 = $0.006 + $0.1194006 + $0.00225
  ['Anthropic: a long context, most of it cached', 'anthropic', 'claude-sonnet-4-5', 'anthropic-messages',
    claude({ input_tokens: 1_000, cache_read_input_tokens: 199_001, output_tokens: 100 }), 12.76506],
  // Half of 1,000 × $3 + 100 × $15
  ['Anthropic: a batch', 'anthropic', 'claude-sonnet-4-5', 'anthropic-messages',
    claude({ input_tokens: 1_000, output_tokens: 100, service_tier: 'batch' }), 0.225],
  // Taken from what was paid for, by the list: 1,000 × $3 + 100 × $15
  ['Anthropic: priority', 'anthropic', 'claude-sonnet-4-5', 'anthropic-messages',
    claude({ input_tokens: 1_000, output_tokens: 100, service_tier: 'priority' }), 0.45],
  // Kept in the US and fast, $10 and $50: 1.1 × (1,000 × $10 + 100 × $50) = 1.1 × $0.015
  ['Anthropic: fast, and in the US', 'anthropic', 'claude-opus-5', 'anthropic-messages',
    claude({ input_tokens: 1_000, output_tokens: 100, speed: 'fast', inference_geo: 'us' }), 1.65],
  // 700 × $0.30 + 300 × $0.03 + (50 + 450) × $2.50 = $0.00021 + $0.000009 + $0.00125
  ['Gemini: cached input, and thoughts', 'google', 'gemini-2.5-flash', 'gemini',
    gemini({ promptTokenCount: 1_000, cachedContentTokenCount: 300, candidatesTokenCount: 50, thoughtsTokenCount: 450, totalTokenCount: 1_500 }), 0.1469],
  // Text 600, of it 200 cached; audio 400, of it 100 cached:
  // 400 × $0.30 + 200 × $0.03 + 300 × $1 + 100 × $0.10 + 10 × $2.50 = $0.00012 + $0.000006 + $0.0003 + $0.00001 + $0.000025
  ['Gemini: audio, some of it cached', 'google', 'gemini-2.5-flash', 'gemini',
    gemini({ promptTokenCount: 1_000, cachedContentTokenCount: 300, candidatesTokenCount: 10, totalTokenCount: 1_010,
      promptTokensDetails: [modality('TEXT', 600), modality('AUDIO', 400)], cacheTokensDetails: [modality('TEXT', 200), modality('AUDIO', 100)] }), 0.0461],
  // Over 200,000: 200,001 × $2.50 + 100 × $15 = $0.5000025 + $0.0015
  ['Gemini: a long context', 'google', 'gemini-2.5-pro', 'gemini',
    gemini({ promptTokenCount: 200_001, candidatesTokenCount: 100, totalTokenCount: 200_101 }), 50.15025],
  // Half of 1,000 × $0.30 + 100 × $2.50 = ½ ($0.0003 + $0.00025)
  ['Gemini: flex', 'google', 'gemini-2.5-flash', 'gemini',
    gemini({ promptTokenCount: 1_000, candidatesTokenCount: 100, totalTokenCount: 1_100, serviceTier: 'flex' }), 0.0275],
  ['Gemini: flex, as Vertex AI says it', 'google', 'gemini-2.5-flash', 'gemini',
    gemini({ promptTokenCount: 1_000, candidatesTokenCount: 100, totalTokenCount: 1_100, trafficType: 'ON_DEMAND_FLEX' }), 0.0275],
  // In the profiles of a region a tenth dearer: 100 × $2.20 + 1,000 × $0.22 + 600 × $2.75 + 400 × $4.40 + 10 × $11
  // = $0.00022 + $0.00022 + $0.00165 + $0.00176 + $0.00011
  ['Bedrock: both caches, in a region', 'aws', 'us.anthropic.claude-sonnet-5-v1:0', 'bedrock-converse',
    bedrock({ inputTokens: 100, outputTokens: 10, totalTokens: 2_110, cacheReadInputTokens: 1_000, cacheWriteInputTokens: 1_000,
      cacheDetails: [{ ttl: '5m', inputTokens: 600 }, { ttl: '1h', inputTokens: 400 }] }), 0.396],
  // Hits are cached input: (1,000 - 900) × $2.50 + 900 × $1.25 = $0.00025 + $0.001125
  ['in the words of DeepSeek', 'openai', 'gpt-4o', 'openai-chat',
    chat({ prompt_tokens: 1_000, completion_tokens: 0, total_tokens: 1_000, prompt_cache_hit_tokens: 900, prompt_cache_miss_tokens: 100 }), 0.1375],
  // Reasoning beside the completion, as xAI counts it: 10 + 90 tokens of output × $10
  ['in the words of xAI', 'openai', 'gpt-5', 'openai-chat',
    chat({ prompt_tokens: 0, completion_tokens: 10, total_tokens: 100, completion_tokens_details: { reasoning_tokens: 90 } }), 0.1],
];

describe('a bill by hand', () => {
  it.each(CASES)('%s', (_, provider, model, dialect, body, cents) => {
    const { usage, terms } = billOf(dialect, body);
    const price = book.find({ provider, model, atMs: NOON });
    if (price === undefined) throw new Error('No price is known.');
    expect(costNano(price, usage, terms)).toBe(Math.round(cents * 1e7));
    expect(isPriced(price, terms)).toBe(true);
  });

  it('an embedding', () => {
    const { usage } = embeddingsCodec('openai-chat').decode(
      { model: 'm', data: [{ index: 0, embedding: [0.1] }], usage: { prompt_tokens: 5_000, total_tokens: 5_000 } },
      { model: 'm', input: ['x'], extensions: {} } as never,
    );
    const price = book.find({ provider: 'openai', model: 'text-embedding-3-small', atMs: NOON });
    if (price === undefined || usage === undefined) throw new Error('It is not priced.');
    // 5,000 × $0.02
    expect(costNano(price, usage)).toBe(100_000);
  });

  it('terms whose price nobody has published are charged by the list, and known to be wrong', () => {
    const { usage, terms } = billOf(
      'bedrock-converse',
      bedrock({ inputTokens: 1_000, outputTokens: 0, totalTokens: 1_000 }, { serviceTier: { type: 'priority' } }),
    );
    const price = book.find({ provider: 'aws', model: 'us.anthropic.claude-sonnet-5-v1:0', atMs: NOON });
    if (price === undefined) throw new Error('No price is known.');
    expect(terms).toEqual(['priority']);
    expect(isPriced(price, terms)).toBe(false);
    // 1,000 × $2.20
    expect(costNano(price, usage, terms)).toBe(2_200_000);
  });

  it.each<readonly [what: string, provider: string, model: string, dialect: Dialect, body: JsonObject, nano: number]>([
    // 1,000 × $3, and a cent for the search, of which the catalogue knows nothing
    [
      'a search at Anthropic',
      'anthropic',
      'claude-sonnet-4-5',
      'anthropic-messages',
      claude({ input_tokens: 1_000, output_tokens: 0, server_tool_use: { web_search_requests: 1 } }),
      3_000_000,
    ],
    [
      'a search at OpenAI',
      'openai',
      'gpt-5',
      'openai-responses',
      responses(
        { input_tokens: 1_000, output_tokens: 0 },
        { output: [{ type: 'web_search_call', id: 'ws_1', status: 'completed' }] },
      ),
      1_250_000,
    ],
    [
      'a search at Google',
      'google',
      'gemini-2.5-flash',
      'gemini',
      {
        candidates: [
          {
            content: { parts: [{ text: '' }] },
            finishReason: 'STOP',
            index: 0,
            groundingMetadata: { webSearchQueries: ['toll'] },
          },
        ],
        usageMetadata: { promptTokenCount: 1_000, candidatesTokenCount: 0, totalTokenCount: 1_000 },
      },
      300_000,
    ],
    // 1,290 tokens at $2.50, where Google asks $30 for those of a picture
    [
      'a picture',
      'google',
      'gemini-2.5-flash-image',
      'gemini',
      gemini({
        promptTokenCount: 0,
        candidatesTokenCount: 1_290,
        totalTokenCount: 1_290,
        candidatesTokensDetails: [modality('IMAGE', 1_290)],
      }),
      3_225_000,
    ],
  ])(
    'what is charged beside the tokens is not passed over in silence: %s',
    (_, provider, model, dialect, body, nano) => {
      const { usage, terms } = billOf(dialect, body);
      const price = book.find({ provider, model, atMs: NOON });
      if (price === undefined) throw new Error('No price is known.');
      expect(terms).toEqual(['extras']);
      expect(isPriced(price, terms)).toBe(false);
      expect(costNano(price, usage, terms)).toBe(nano);
      expect(parseTerms('flex+extras')).toEqual(['flex', 'extras']);
    },
  );

  it('a client cannot ask for what is charged beside tokens, and nothing is where nothing was done', () => {
    expect(readTerms('extras')).toEqual([]);
    const none = claude({ input_tokens: 1, output_tokens: 1, server_tool_use: { web_search_requests: 0 } });
    expect(billOf('anthropic-messages', none).terms).toEqual([]);
  });

  it('the words of the standard terms are none', () => {
    for (const word of ['default', 'auto', 'standard', 'on_demand', 'scale', null]) {
      expect(
        billOf('openai-chat', chat({ prompt_tokens: 1, completion_tokens: 1 }, { service_tier: word })).terms,
      ).toEqual([]);
    }
  });
});
