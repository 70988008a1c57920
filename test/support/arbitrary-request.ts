/** Requests that no client would send, and every client may: for tests that encoders throw nothing but the typed error. */
import fc from 'fast-check';
import type { ChatRequest } from '../../functions/core/chat.ts';
import { DIALECTS } from '../../functions/core/chat.ts';
import type { JsonObject } from '../../functions/core/json.ts';

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
export const arbitraryRequest: fc.Arbitrary<ChatRequest> = fc
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
