import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../../functions/core/chat.ts';
import { DIALECTS } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { encodeTarget } from './support.ts';

/** Keys that are absent, not undefined, as the model's optional fields are. */
const optional = { requiredKeys: [] as [] };
const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('', ' ', '\n', '{}', '{"a":1}', '[]', 'f.x'));
const json = fc
  .dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }))
  // Written as JSON, -0 is 0.
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
const dialect = fc.constantFrom(...DIALECTS);
const signature = fc.record({ origin: dialect, value: fc.base64String() });
const source = fc.oneof(
  fc.record({ type: fc.constant('url'), url: fc.webUrl() }),
  fc.record({
    type: fc.constant('base64'),
    mediaType: fc.constantFrom('image/png', 'application/pdf', 'text/plain', 'video/mp4', ''),
    data: fc.oneof(fc.base64String(), text),
  }),
  fc.record({ type: fc.constant('reference'), origin: dialect, id: text }),
);
const base = {
  cache: fc.record({ ttl: fc.constantFrom('5m', '1h') }),
  extensions: fc.dictionary(dialect, json, { maxKeys: 2 }),
};
const part = <T extends string, F extends Record<string, fc.Arbitrary<unknown>>>(type: T, fields: F) =>
  fc.record({ type: fc.constant(type), ...fields, ...base }, { requiredKeys: ['type', ...Object.keys(fields)] });
const content = fc.oneof(
  { weight: 4, arbitrary: part('text', { text }) },
  part('image', { source }),
  part('file', { source }),
  part('opaque', { origin: dialect, data: json }),
  { weight: 1, arbitrary: part('audio', { source }) },
);
const assistantPart = fc.oneof(
  { weight: 3, arbitrary: content },
  {
    weight: 3,
    arbitrary: part('tool-call', {
      id: text,
      name: text,
      arguments: text,
      kind: fc.constantFrom('function', 'custom'),
    }),
  },
  part('reasoning', { text, signature }),
  part('reasoning', { text, redacted: signature }),
  part('refusal', { text }),
);
const toolResult = part('tool-result', { callId: text, content: fc.array(content, { maxLength: 3 }) });
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 4 });
const message = fc.oneof(
  fc.record({ role: fc.constant('system'), content: list(part('text', { text })) }),
  fc.record({ role: fc.constant('user'), content: list(content) }),
  fc.record({ role: fc.constant('assistant'), content: list(assistantPart) }),
  fc.record({ role: fc.constant('tool'), content: list(toolResult) }),
);
const tool = fc.oneof(
  fc.record({ kind: fc.constant('function'), name: text, parameters: json, strict: fc.boolean() }),
  fc.record({ kind: fc.constant('custom'), name: text, format: json }),
  fc.record({ kind: fc.constant('provider'), origin: dialect, name: text, data: json }),
);
const request = fc
  .tuple(
    fc.record({
      model: text,
      stream: fc.boolean(),
      includeUsage: fc.boolean(),
      messages: fc.array(message, { minLength: 1, maxLength: 6 }),
      tools: fc.array(tool, { maxLength: 3 }),
      stop: fc.array(text, { maxLength: 3 }),
      candidates: fc.integer({ min: 1, max: 3 }),
      extensions: fc.dictionary(dialect, json, { maxKeys: 2 }),
    }),
    fc.record(
      {
        toolChoice: fc.oneof(
          fc.record({ type: fc.constantFrom('auto', 'none', 'required') }),
          fc.record({ type: fc.constant('tool'), name: text }),
        ),
        parallelToolCalls: fc.boolean(),
        maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
        temperature: fc.double({ min: 0, max: 2, noNaN: true }),
        topP: fc.double({ min: 0, max: 1, noNaN: true }),
        topK: fc.nat(500),
        reasoning: fc.record(
          {
            effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
            budgetTokens: fc.nat(50_000),
            mode: fc.constantFrom('off', 'on', 'adaptive'),
          },
          optional,
        ),
        responseFormat: fc.oneof(
          fc.record({ type: fc.constantFrom('text', 'json') }),
          fc.record({ type: fc.constant('json-schema'), name: text, schema: json }),
        ),
        endUser: text,
        serviceTier: text,
      },
      optional,
    ),
  )
  // The arbitraries are wider than the types in nothing but what fast-check infers for literals.
  .map(([required, more]) => ({ ...required, ...more }) as unknown as ChatRequest);
const model = fc.constantFrom(
  'claude-3-haiku-20240307',
  'claude-sonnet-4-5',
  'claude-sonnet-4-6',
  'claude-opus-5',
  'claude-opus-5-5',
  'kimi-k3',
);

interface Turn {
  readonly role: string;
  readonly content: readonly JsonObject[];
}

describe('encodeRequest, for any request,', { timeout: 30_000 }, () => {
  it('throws its own errors or gives what the API takes, and changes nothing on the way', () => {
    let encoded = 0;
    fc.assert(
      fc.property(request, model, (value, name) => {
        const before = structuredClone(value);
        let first: ReturnType<typeof provider.encodeRequest>;
        try {
          first = provider.encodeRequest(value, encodeTarget(name));
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          expect(error).toMatchObject({ traits: { status: 400 } });
          return;
        } finally {
          expect(value).toEqual(before);
        }
        encoded += 1;
        expect(provider.encodeRequest(value, encodeTarget(name))).toEqual(first);
        expect(JSON.parse(JSON.stringify(first.body))).toEqual(first.body);
        expectTurns(first.body.messages as unknown as readonly Turn[]);
        const { thinking, max_tokens: maxTokens } = first.body as {
          thinking?: { budget_tokens?: number };
          max_tokens: number;
        };
        if (!('anthropic-messages' in value.extensions) && thinking?.budget_tokens !== undefined) {
          expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1_024);
          expect(thinking.budget_tokens).toBeLessThan(maxTokens);
        }
      }),
      { numRuns: 500 },
    );
    // Errors for everything would pass the test above.
    expect(encoded).toBeGreaterThan(100);
  });
});

function expectTurns(turns: readonly Turn[]): void {
  expect(turns.length).toBeGreaterThan(0);
  turns.forEach((turn, index) => {
    expect(turn.content.length).toBeGreaterThan(0);
    expect(turn.role).not.toBe(turns[index - 1]?.role);
    if (turn.role === 'system') expect(turns[index - 1]?.role).toBe('user');
    const kinds = turn.content.map((block) => block.type === 'tool_result');
    expect(kinds).toEqual([...kinds].sort((a, b) => Number(b) - Number(a)));
  });
}
