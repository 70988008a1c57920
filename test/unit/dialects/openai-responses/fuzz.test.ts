import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import {
  openaiResponsesClient as client,
  openaiResponsesProvider as provider,
} from '../../../../functions/dialects/openai-responses/index.ts';
import { growth } from '../../../support/growth.ts';
import { CONTEXT, decodeText, functionCall, message, response, sse, target, text } from './support.ts';

/** Keys that are absent, not undefined, as after a parser. */
const plain = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<JsonObject> =>
  arbitrary.map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('', 'c1', 'f', '{}', '{"a":1}', 'tg1.gemini.call~c1:x', 'tg1.'),
);
const junk = fc.jsonValue({ maxDepth: 2 });
/** Mostly what belongs there, and at times anything. */
const mostly = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 60, arbitrary }, { weight: 1, arbitrary: junk });
const shape = (fields: { readonly [name: string]: fc.Arbitrary<unknown> }) =>
  fc.record(fields, { requiredKeys: Object.keys(fields).slice(0, 1) });

const part = shape({
  type: mostly(
    fc.constantFrom(
      'input_text',
      'output_text',
      'text',
      'refusal',
      'input_image',
      'input_file',
      'input_audio',
      'other',
    ),
  ),
  text: mostly(word),
  refusal: mostly(word),
  image_url: mostly(fc.constantFrom('https://a.example/b', 'data:image/png;base64,AAAA', 'data:', 'x')),
  file_id: mostly(word),
  file_data: mostly(fc.constantFrom('data:application/pdf;base64,AAAA', 'AAAA')),
  filename: mostly(fc.constantFrom('a.pdf', 'b', '')),
  input_audio: mostly(shape({ data: word, format: word })),
  prompt_cache_breakpoint: mostly(fc.constantFrom(null, { mode: 'explicit' }, { ttl: '30m' })),
});
const content = mostly(fc.oneof(word, fc.array(mostly(part), { maxLength: 3 })));
const passages = mostly(fc.array(shape({ text: mostly(word), type: word }), { maxLength: 2 }));
const item = fc.oneof(
  shape({
    role: mostly(fc.constantFrom('user', 'assistant', 'system', 'developer')),
    content,
    type: fc.constant('message'),
  }),
  shape({
    type: fc.constant('reasoning'),
    summary: passages,
    content: passages,
    encrypted_content: mostly(word),
    id: mostly(word),
  }),
  shape({
    type: fc.constantFrom('function_call', 'custom_tool_call'),
    call_id: mostly(fc.constantFrom('c1', 'c2')),
    name: mostly(word),
    arguments: mostly(word),
    input: mostly(word),
  }),
  shape({
    type: fc.constantFrom('function_call_output', 'custom_tool_call_output'),
    call_id: mostly(fc.constantFrom('c1', 'c2')),
    output: content,
  }),
  shape({
    type: mostly(fc.constantFrom('item_reference', 'web_search_call', 'computer_call_output', 'x')),
    id: mostly(word),
  }),
);
const body = plain(
  fc.record(
    {
      model: mostly(fc.constantFrom('smart', '')),
      input: mostly(fc.oneof(word, fc.array(mostly(item), { maxLength: 6 }))),
      instructions: mostly(word),
      stream: mostly(fc.boolean()),
      store: mostly(fc.boolean()),
      tools: mostly(
        fc.array(
          mostly(
            shape({
              type: mostly(fc.constantFrom('function', 'custom', 'web_search')),
              name: mostly(word),
              parameters: mostly(fc.constant({ type: 'object' })),
              format: mostly(fc.constantFrom({ type: 'text' }, { type: 'grammar', syntax: 'regex', definition: 'x' })),
              strict: mostly(fc.boolean()),
            }),
          ),
          { maxLength: 3 },
        ),
      ),
      tool_choice: mostly(
        fc.constantFrom('auto', 'none', 'required', { type: 'function', name: 'f' }, { type: 'mcp' }),
      ),
      max_output_tokens: mostly(fc.integer({ min: 0, max: 50 })),
      temperature: mostly(fc.double({ noNaN: true, min: 0, max: 2 })),
      top_logprobs: mostly(fc.integer({ min: 0, max: 30 })),
      text: mostly(
        shape({
          format: mostly(
            fc.constantFrom({ type: 'text' }, { type: 'json_object' }, { type: 'json_schema', name: 'n', schema: {} }),
          ),
          verbosity: mostly(fc.constantFrom('low', 'medium')),
        }),
      ),
      reasoning: mostly(
        shape({ effort: mostly(fc.constantFrom('none', 'low', 'max', 'huge')), summary: mostly(word) }),
      ),
      include: mostly(fc.array(word, { maxLength: 2 })),
      metadata: mostly(fc.dictionary(fc.string({ maxLength: 4 }), word, { maxKeys: 2 })),
      previous_response_id: mostly(fc.constantFrom(null, 'resp_1')),
      background: mostly(fc.boolean()),
      other: junk,
    },
    { requiredKeys: ['model', 'input'] },
  ),
);

describe('any body', { timeout: 60_000 }, () => {
  it('is decoded, encoded and forwarded, or refused with a 400 that says where, and never changed', () => {
    const outcomes = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(body, (value) => {
        const before = structuredClone(value);
        let request: ChatRequest;
        try {
          request = client.decodeRequest(value);
        } catch (error) {
          outcomes.refused += 1;
          expect(error).toBeInstanceOf(GatewayError);
          expect(error).toMatchObject({ kind: 'invalid-request', status: 400, param: expect.stringMatching(/./) });
          return;
        } finally {
          expect(value).toEqual(before);
        }
        outcomes.taken += 1;
        const model = 'gpt-5.6-sol';
        const forwarded = provider.forwardRequest(value, request, target(model));
        expect(provider.forwardRequest(value, request, target(model))).toEqual(forwarded);
        expect(value).toEqual(before);
        const decoded = structuredClone(request);
        try {
          const encoded = provider.encodeRequest(request, target(model));
          expect(encoded.body).toMatchObject({ model, store: false });
          expect(provider.encodeRequest(request, target(model))).toEqual(encoded);
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          expect(error).toMatchObject({ status: 400 });
        }
        expect(request).toEqual(decoded);
      }),
      { numRuns: 10_000 },
    );
    // One outcome for everything would pass the test above.
    expect(outcomes.taken).toBeGreaterThan(1_000);
    expect(outcomes.refused).toBeGreaterThan(1_000);
  });

  it('takes as long as it is large, however it is made', () => {
    const work = (make: (index: number) => readonly JsonObject[]) => (size: number) => {
      const input = [{ role: 'user', content: 'x' }, ...Array.from({ length: size }, (_, index) => make(index)).flat()];
      const request = client.decodeRequest({ model: 'm', input });
      provider.encodeRequest(request, target());
    };
    const proof = (index: number): JsonObject => ({
      type: 'reasoning',
      summary: [],
      encrypted_content: `tg1.gemini.call~c${index % 7}:x`,
    });
    const makers = [
      (index: number) => [proof(index)],
      (index: number) => [{ type: 'function_call', call_id: `c${index}`, name: 'f', arguments: '{}' }],
      () => [{ role: 'assistant', content: 'x' }],
      (index: number) => [
        { role: 'assistant', content: 'x' },
        { type: 'function_call', call_id: `c${index}`, name: 'f', arguments: '' },
        proof(index),
      ],
    ];
    for (const make of makers) expect(growth(work(make), 1_000, 8_000)).toBeLessThan(24);
  });

  it('may have more parts than a call has arguments', () => {
    const parts = Array.from({ length: 200_000 }, () => ({ type: 'output_text', text: 'x' }));
    const { messages } = client.decodeRequest({ model: 'm', input: [{ role: 'assistant', content: parts }] });
    expect(messages[0]?.content).toHaveLength(200_000);
  });
});

describe('any stream', { timeout: 60_000 }, () => {
  const output: readonly JsonObject[] = [
    { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'a' }], encrypted_content: 'e' },
    message(text('b')),
    functionCall('f', '{}'),
    { type: 'custom_tool_call', id: 'x', call_id: 'y', name: 'z', input: 'w' },
    { type: 'other', id: 'o' },
  ];
  const index = fc.integer({ min: 0, max: 4 });
  const kinds = [
    'output_text',
    'refusal',
    'reasoning_summary_text',
    'reasoning_text',
    'function_call_arguments',
    'custom_tool_call_input',
  ];
  const event = plain(
    fc.oneof(
      fc.record({
        type: fc.constantFrom('response.output_item.added', 'response.output_item.done'),
        output_index: mostly(index),
        item: mostly(fc.constantFrom(...output)),
      }),
      shape({
        type: fc.constantFrom(...kinds.flatMap((kind) => [`response.${kind}.delta`, `response.${kind}.done`])),
        output_index: mostly(index),
        content_index: mostly(index),
        summary_index: mostly(index),
        delta: mostly(word),
        text: mostly(word),
        refusal: mostly(word),
        arguments: mostly(word),
        input: mostly(word),
        logprobs: junk,
      }),
      fc.record({
        type: fc.constantFrom(
          'response.created',
          'response.completed',
          'response.incomplete',
          'response.failed',
          'error',
          'x',
          'response.x',
        ),
        response: mostly(fc.constantFrom(response(output), response([]), response([], { status: 'incomplete' }))),
      }),
      shape({ type: mostly(word) }),
    ),
  );

  it('gives events in order, or an error of the gateway', () => {
    const outcomes = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), fc.boolean(), (events, ends) => {
        const end: readonly Json[] = ends ? [{ type: 'response.completed', response: response(output) }] : [];
        let decoded: ReturnType<typeof decodeText>;
        try {
          decoded = decodeText(sse([...events, ...(end as readonly JsonObject[])]));
        } catch (error) {
          outcomes.refused += 1;
          expect(error).toBeInstanceOf(GatewayError);
          return;
        }
        outcomes.taken += 1;
        const open = new Set<number>();
        for (const one of decoded) {
          if (one.type === 'block-start') {
            expect(open.has(one.index)).toBe(false);
            open.add(one.index);
          } else if ('index' in one) {
            expect(open.has(one.index)).toBe(true);
            if (one.type === 'block-end') open.delete(one.index);
          } else if (one.type === 'finish') {
            expect([...open]).toEqual([]);
          }
        }
        expect(decoded[0]?.type).toBe('response-start');
        expect(decoded.filter((one) => one.type === 'finish')).toHaveLength(1);
        // And clients can be told of it.
        expect(client.encodeResponse(decoded, CONTEXT).object).toBe('response');
      }),
      { numRuns: 5_000 },
    );
    expect(outcomes.taken).toBeGreaterThan(500);
    expect(outcomes.refused).toBeGreaterThan(500);
  });
});
