import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../../functions/core/chat.ts';
import { bedrockConverseProvider as provider } from '../../../../functions/dialects/bedrock-converse/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { CLAUDE, encode, encodeTarget, GPT, LLAMA, MISTRAL, NOVA } from './support.ts';

const GPT_OSS = 'openai.gpt-oss-120b-1:0';
const OPUS_5 = 'global.anthropic.claude-opus-5';
const OPUS_4_6 = 'us.anthropic.claude-opus-4-6-v1';

/** The body without the conversation. */
function settings(fields: Partial<ChatRequest>, model?: string) {
  const { body, dropped } = encode(fields, model);
  const { messages: _messages, ...rest } = body;
  return { ...rest, ...(dropped.length === 0 ? {} : { dropped }) };
}

describe('the path', () => {
  it.each([
    [false, CLAUDE, '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse'],
    [true, CLAUDE, '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream'],
    [
      true,
      'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc',
      '/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Aapplication-inference-profile%2Fabc/converse-stream',
    ],
  ])('says the model and whether to stream (%s, %s)', (stream, model, path) => {
    expect(encode({ stream }, model).path).toBe(path);
  });
});

describe('parameters', () => {
  it('that nobody set are not sent', () => {
    expect(settings({})).toEqual({});
  });

  it.each<readonly [string, Partial<ChatRequest>, string, object]>([
    ['maxOutputTokens', { maxOutputTokens: 100 }, NOVA, { inferenceConfig: { maxTokens: 100 } }],
    ['sampling', { temperature: 0.5, topP: 0.9 }, NOVA, { inferenceConfig: { temperature: 0.5, topP: 0.9 } }],
    ['stop', { stop: ['END'] }, NOVA, { inferenceConfig: { stopSequences: ['END'] } }],
    ['topK of Claude', { topK: 5 }, CLAUDE, { additionalModelRequestFields: { top_k: 5 } }],
    ['topK of Nova', { topK: 5 }, NOVA, { additionalModelRequestFields: { inferenceConfig: { topK: 5 } } }],
    ['topK of Mistral', { topK: 5 }, MISTRAL, { additionalModelRequestFields: { top_k: 5 } }],
    [
      'metadata',
      { metadata: { team: 'a b', run: '1' }, endUser: 'u@x' },
      NOVA,
      { requestMetadata: { user: 'u@x', team: 'a b', run: '1' } },
    ],
    ['serviceTier', { serviceTier: 'flex' }, NOVA, { serviceTier: { type: 'flex' } }],
    ['serviceTier of Anthropic', { serviceTier: 'standard_only' }, NOVA, { serviceTier: { type: 'default' } }],
    ['serviceTier auto', { serviceTier: 'auto' }, NOVA, {}],
  ])('%s', (_, fields, model, expected) => {
    expect(settings(fields, model)).toEqual(expected);
  });

  it.each<readonly [string, Partial<ChatRequest>, string, readonly string[]]>([
    [
      'what the API has no word for',
      {
        candidates: 2,
        seed: 1,
        presencePenalty: 1,
        frequencyPenalty: 1,
        logprobs: true,
        topLogprobs: 2,
        logitBias: { '1': 1 },
        promptCacheKey: 'k',
      },
      NOVA,
      [
        'n',
        'seed',
        'presence_penalty',
        'frequency_penalty',
        'logprobs',
        'top_logprobs',
        'logit_bias',
        'prompt_cache_key',
      ],
    ],
    ['a temperature over 1', { temperature: 1.5 }, NOVA, ['temperature']],
    ['top_k where it is not known', { topK: 3 }, LLAMA, ['top_k']],
    ['temperature together with top_p for Claude 4.5', { temperature: 0.5, topP: 0.5 }, CLAUDE, ['top_p']],
    ['sampling for Claude 5', { temperature: 0.5, topK: 4 }, OPUS_5, ['temperature', 'top_k']],
    [
      'sampling and stop for GPT',
      { temperature: 0.5, topP: 0.5, topK: 1, stop: ['x'] },
      GPT,
      ['temperature', 'top_p', 'top_k', 'stop'],
    ],
    ['stop for gpt-oss', { temperature: 0.5, stop: ['x'] }, GPT_OSS, ['stop']],
    ['blank stop sequences', { stop: [' '] }, NOVA, ['stop']],
    ['a tier that is not known', { serviceTier: 'scale' }, NOVA, ['service_tier']],
    ['metadata that the API refuses', { metadata: { a: 'ümlaut' }, endUser: '✗' }, NOVA, ['metadata', 'user']],
    ['JSON without a schema', { responseFormat: { type: 'json' } }, CLAUDE, ['response_format']],
    [
      'a schema where it is not known',
      { responseFormat: { type: 'json-schema', name: 'a', schema: {} } },
      LLAMA,
      ['response_format'],
    ],
  ])('names %s', (_, fields, model, dropped) => {
    expect(new Set(encode(fields, model).dropped)).toEqual(new Set(dropped));
  });

  it('that change nothing are not named', () => {
    expect(settings({ temperature: 1, topP: 1, presencePenalty: 0, logprobs: false, candidates: 1 }, GPT)).toEqual({});
  });

  it('that the operator knows to be refused are left out', () => {
    const request = chatRequest({ serviceTier: 'flex' });
    const { body, dropped } = provider.encodeRequest(request, encodeTarget(NOVA, ['serviceTier', 'messages']));
    expect(Object.keys(body)).toEqual(['messages']);
    expect(dropped).toEqual(['serviceTier']);
  });
});

describe('stop sequences of Claude', () => {
  it.each([
    [true, '/delta/stop_sequence'],
    [false, '/stop_sequence'],
  ])('are asked back (streamed: %s)', (stream, path) => {
    expect(encode({ stop: ['END'], stream }).body.additionalModelResponseFieldPaths).toEqual([path]);
  });
});

describe('schemas', () => {
  it('go as text, with name and description', () => {
    const schema = { type: 'object', properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { type: 'string' } } };
    const closed = { ...schema, additionalProperties: false };
    const responseFormat = {
      type: 'json-schema',
      name: 'answer',
      description: 'An answer',
      schema,
      strict: true,
    } as const;
    expect(settings({ responseFormat })).toEqual({
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { schema: JSON.stringify(closed), name: 'answer', description: 'An answer' } },
        },
      },
    });
  });

  it('that recurse are refused', () => {
    const schema = { type: 'object', properties: { next: { $ref: '#' } } };
    expect(() => encode({ responseFormat: { type: 'json-schema', name: 'a', schema } })).toThrow(
      expect.objectContaining({ kind: 'unsupported-parameter', param: 'response_format.json_schema.schema' }),
    );
  });
});

describe('reasoning', () => {
  it.each<readonly [string, Partial<ChatRequest>, string, object]>([
    [
      'a budget for Claude names the cap that it counts towards',
      { reasoning: { budgetTokens: 2_000 } },
      CLAUDE,
      {
        inferenceConfig: { maxTokens: 8_192 },
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      },
    ],
    [
      'an effort for a Claude that knows budgets',
      { reasoning: { effort: 'medium' }, maxOutputTokens: 4_000 },
      CLAUDE,
      {
        inferenceConfig: { maxTokens: 4_000 },
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      },
    ],
    [
      'an effort for a Claude that adapts',
      { reasoning: { effort: 'high' } },
      OPUS_4_6,
      { outputConfig: { effort: 'high' }, additionalModelRequestFields: { thinking: { type: 'adaptive' } } },
    ],
    [
      'off, for a Claude that thinks by itself',
      { reasoning: { effort: 'none' } },
      OPUS_5,
      { additionalModelRequestFields: { thinking: { type: 'disabled' } } },
    ],
    [
      'Nova 2',
      { reasoning: { effort: 'low' } },
      NOVA,
      { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } } },
    ],
    // `high` forbids an output cap.
    [
      'Nova 2, at most medium',
      { reasoning: { effort: 'max' } },
      NOVA,
      { additionalModelRequestFields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } } },
    ],
    [
      'Nova 2, off',
      { reasoning: { mode: 'off' } },
      NOVA,
      { additionalModelRequestFields: { reasoningConfig: { type: 'disabled' } } },
    ],
    [
      'GPT',
      { reasoning: { effort: 'xhigh' } },
      GPT,
      { additionalModelRequestFields: { reasoning: { effort: 'xhigh' } } },
    ],
    [
      'GPT, minimal',
      { reasoning: { effort: 'minimal' } },
      GPT,
      { additionalModelRequestFields: { reasoning: { effort: 'low' } } },
    ],
    [
      'GPT, a budget',
      { reasoning: { budgetTokens: 10_000 } },
      GPT,
      { additionalModelRequestFields: { reasoning: { effort: 'medium' } } },
    ],
    [
      'gpt-oss',
      { reasoning: { effort: 'max' } },
      GPT_OSS,
      { additionalModelRequestFields: { reasoning_effort: 'high' } },
    ],
    ['gpt-oss cannot be switched off', { reasoning: { effort: 'none' } }, GPT_OSS, { dropped: ['reasoning_effort'] }],
    ['a model that cannot think', { reasoning: { effort: 'low' } }, LLAMA, { dropped: ['reasoning_effort'] }],
    [
      'a model that cannot think, by a budget',
      { reasoning: { budgetTokens: 5_000 } },
      LLAMA,
      { dropped: ['thinking.budget_tokens'] },
    ],
    ['off, for a model that cannot think', { reasoning: { effort: 'none' } }, LLAMA, {}],
    ['adaptive says nothing', { reasoning: { mode: 'adaptive' } }, GPT, {}],
    [
      'on, without an amount',
      { reasoning: { mode: 'on' } },
      GPT,
      { additionalModelRequestFields: { reasoning: { effort: 'medium' } } },
    ],
  ])('%s', (_, fields, model, expected) => {
    expect(settings(fields, model)).toEqual(expected);
  });

  it('limits sampling where Claude thinks', () => {
    expect(settings({ reasoning: { budgetTokens: 2_000 }, temperature: 0.2 })).toMatchObject({
      dropped: ['temperature'],
    });
  });
});

describe('extensions', () => {
  it('are merged into what was asked, and set neither model nor messages', () => {
    const extension = {
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
      additionalModelRequestFields: { anthropic_beta: ['x'] },
      inferenceConfig: { maxTokens: 7 },
      messages: [],
      modelId: 'other',
    };
    const extensions = { 'bedrock-converse': extension, 'openai-chat': { foreign: 1 } };
    expect(settings({ topK: 3, extensions })).toEqual({
      guardrailConfig: extension.guardrailConfig,
      additionalModelRequestFields: { top_k: 3, anthropic_beta: ['x'] },
      inferenceConfig: { maxTokens: 7 },
    });
    expect(encode({ extensions }).body.messages).toHaveLength(1);
  });
});
