import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { bedrockConverseProvider as provider } from '../../../../functions/dialects/bedrock-converse/index.ts';
import { findProblem } from '../../../../local/providers/bedrock/find-problem.ts';
import { arbitraryRequest } from '../../../support/arbitrary-request.ts';
import { CLAUDE, encodeTarget, GPT, LLAMA, MISTRAL, NOVA } from './support.ts';

const model = fc.constantFrom(CLAUDE, 'global.anthropic.claude-opus-5', NOVA, MISTRAL, LLAMA, GPT, 'deepseek.r1-v1:0');

/** What is wrong with the conversation itself, and the client's to mend; signatures, which are made up here. */
const NOT_OURS =
  /must start with a user message|toolResult blocks|exceeds the number of toolUse|not valid base64|Invalid `signature`|A maximum of 4 cache points|must not come after/;

describe('encodeRequest, for any request,', { timeout: 60_000 }, () => {
  it('throws its own errors or gives what the API takes, and changes nothing on the way', () => {
    let encoded = 0;
    fc.assert(
      fc.property(arbitraryRequest, model, (value, name) => {
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
        // An extension may say anything.
        if (hasExtension(value)) return;
        const problem = findProblem(first.body, {}, { model: name, stream: value.stream });
        if (problem !== undefined) expect(problem.message).toMatch(NOT_OURS);
      }),
      { numRuns: 3_000 },
    );
    // Errors for everything would pass the test above.
    expect(encoded).toBeGreaterThan(200);
  });
});

/** Anywhere: in the request, in a part, a tool, or as a block of its own. */
function hasExtension(value: object): boolean {
  return JSON.stringify(value).includes('"bedrock-converse"');
}

const anything = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as never);
const index = fc.oneof(fc.nat(2), anything);
const name = fc.oneof(
  fc.constantFrom('text', 'toolUse', 'reasoningContent', 'citation', 'toolResult', 'image'),
  fc.string({ maxLength: 5 }),
);
const piece = fc.oneof(
  fc.string(),
  fc.record(
    { text: fc.string(), input: fc.oneof(fc.string(), anything), toolUseId: fc.string(), name: fc.string() },
    { requiredKeys: [] },
  ),
  fc.record(
    { signature: fc.string(), redactedContent: fc.oneof(fc.string(), fc.base64String()) },
    { requiredKeys: [] },
  ),
  anything,
);
const union = fc.oneof(
  fc.tuple(name, piece).map(([key, value]): JsonObject => ({ [key]: value as never })),
  anything,
);
const wireEvent = fc.oneof(
  fc.record({ event: fc.constant('contentBlockStart'), body: fc.record({ contentBlockIndex: index, start: union }) }),
  fc.record({ event: fc.constant('contentBlockDelta'), body: fc.record({ contentBlockIndex: index, delta: union }) }),
  fc.record({ event: fc.constant('contentBlockStop'), body: fc.record({ contentBlockIndex: index }) }),
  fc.record({ event: fc.constant('metadata'), body: fc.record({ usage: anything }) }),
  fc.record({ event: fc.constantFrom('messageStart', 'messageStop', 'x', 'throttlingException', ''), body: anything }),
);

describe('decoding, for any answer,', { timeout: 60_000 }, () => {
  it('of a stream throws its own errors or gives events that fit together', () => {
    let complete = 0;
    fc.assert(
      fc.property(fc.array(wireEvent, { maxLength: 12 }), (wire) => {
        const decoder = provider.createDecoder();
        const events: ChatEvent[] = [];
        try {
          const all = [...wire, { event: 'messageStop', body: { stopReason: 'end_turn' } }];
          for (const { event, body } of all)
            events.push(...decoder.push({ event, data: JSON.stringify(body), raw: '' }));
          events.push(...decoder.end());
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          return;
        }
        complete += 1;
        expect(foldEvents(events).choices[0]?.finish).toBeDefined();
        const started = events.filter((event) => event.type === 'block-start').map((event) => event.index);
        const ended = events.filter((event) => event.type === 'block-end').map((event) => event.index);
        expect(new Set(ended)).toEqual(new Set(started));
        expect(ended.length).toBe(started.length);
      }),
      { numRuns: 10_000 },
    );
    expect(complete).toBeGreaterThan(1_000);
  });

  it('of a whole answer, likewise', () => {
    const answer = fc.record(
      {
        output: fc.record({ message: fc.record({ content: fc.array(union) }) }),
        stopReason: fc.oneof(fc.string(), anything),
        usage: anything,
      },
      { requiredKeys: ['output'] },
    );
    fc.assert(
      fc.property(fc.oneof(answer, anything), (body) => {
        try {
          foldEvents(provider.decodeResponse(JSON.parse(JSON.stringify(body))));
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
