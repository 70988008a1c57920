import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../functions/core/errors.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import {
  geminiClient as client,
  decodeCountRequest,
  geminiProvider as provider,
} from '../../../../functions/dialects/gemini/index.ts';
import { FUZZ_RUNS } from '../../../support/fuzz-runs.ts';
import { encodeTarget } from './support.ts';

/** Anything at all, of the names that the decoder looks at: mostly wrong, and wrong in every place. */
const word = fc.constantFrom(
  'user',
  'model',
  'function',
  'f',
  '',
  'AUTO',
  'ANY',
  'NONE',
  'STRING',
  'OBJECT',
  'image/png',
);
const scalar = fc.oneof(word, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 5 }));
const junk = fc.oneof({ weight: 3, arbitrary: scalar }, fc.jsonValue({ maxDepth: 2 }));
/** Right, but for one in so many: a request has dozens of places, and one that is wrong hides all others. */
const or = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> => fc.oneof({ weight: 120, arbitrary: right }, junk);
const list = (of: fc.Arbitrary<unknown>) => or(fc.array(of, { maxLength: 3 }));
const record = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  or(
    fc
      .tuple(fc.record(fields, { requiredKeys: [] as string[] }), fc.boolean())
      .map(([value, snaky]) =>
        snaky ? Object.fromEntries(Object.entries(value).map(([key, item]) => [snake(key), item])) : value,
      ),
  );
const text = or(fc.string({ maxLength: 8 }));
const args = or(fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 1 })));
const id = fc.constantFrom('a', 'b', '', 1, undefined, null);
const name = fc.constantFrom('f', 'g', 'h');
const signature = fc.oneof(fc.base64String(), fc.constantFrom('dGcxL', 'dGcxLmdlbWluaS54'));
const media = record({
  mimeType: fc.constantFrom('image/png', 'audio/wav', 'video/mp4', ''),
  data: text,
  fileUri: text,
});
const { schema } = fc.letrec((tie) => ({
  schema: record({
    type: fc.constantFrom('STRING', 'OBJECT', 'ARRAY', 'x'),
    nullable: or(fc.boolean()),
    enum: list(text),
    minItems: or(fc.constant('3')),
    propertyOrdering: list(text),
    items: fc.oneof({ maxDepth: 3 }, junk, tie('schema')),
    anyOf: list(fc.oneof({ maxDepth: 3 }, junk, tie('schema'))),
    properties: or(
      fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof({ maxDepth: 3 }, junk, tie('schema')), { maxKeys: 2 }),
    ),
  }),
}));
const part = fc.oneof(
  { weight: 4, arbitrary: or(fc.record({ text }, {})) },
  record({ text, thought: or(fc.boolean()), thoughtSignature: signature }),
  record({ inlineData: media, videoMetadata: junk }),
  record({ fileData: media }),
  record({ functionCall: or(fc.record({ id, name, args })), thoughtSignature: signature }),
  record({ functionResponse: record({ id, name, response: args, parts: list(record({ inlineData: media })) }) }),
  record({ executableCode: junk }),
);
const content = or(
  fc.record({
    role: fc.constantFrom('user', 'model', 'function'),
    parts: or(fc.array(part, { minLength: 1, maxLength: 3 })),
  }),
);
const question = { role: 'user', parts: [{ text: 'go' }] };
const calls = { role: 'model', parts: ['f', 'f', 'g', 'h'].map((called) => ({ functionCall: { name: called } })) };
const contents = fc.oneof(
  list(content),
  fc.array(content, { maxLength: 3 }).map((more) => [question, calls, ...more]),
);
const body = fc
  .record(
    {
      contents,
      systemInstruction: record({ parts: list(record({ text })) }),
      tools: list(
        record({
          functionDeclarations: list(
            or(
              fc.record(
                { name, description: text, parameters: schema, parametersJsonSchema: or(args), behavior: junk },
                { requiredKeys: ['name'] },
              ),
            ),
          ),
          googleSearch: junk,
        }),
      ),
      toolConfig: record({
        functionCallingConfig: record({
          mode: fc.constantFrom('AUTO', 'NONE', 'VALIDATED', 'ANY', 'x'),
          allowedFunctionNames: list(name),
        }),
        retrievalConfig: junk,
      }),
      generationConfig: record({
        maxOutputTokens: or(fc.integer({ min: 1 })),
        temperature: or(fc.double({ noNaN: true, noDefaultInfinity: true })),
        topK: or(fc.nat()),
        stopSequences: list(text),
        candidateCount: or(fc.integer({ min: 1, max: 3 })),
        responseMimeType: fc.constantFrom('application/json', 'text/plain', 'text/x.enum'),
        responseSchema: schema,
        responseJsonSchema: args,
        thinkingConfig: record({
          thinkingLevel: fc.constantFrom('LOW', 'high', 'x'),
          thinkingBudget: or(fc.integer({ min: -2, max: 9 })),
          includeThoughts: or(fc.boolean()),
        }),
        speechConfig: junk,
      }),
      safetySettings: junk,
      cachedContent: junk,
      serviceTier: text,
      labels: or(fc.dictionary(fc.string(), fc.string(), { maxKeys: 1 })),
    },
    { requiredKeys: ['contents'] },
  )
  // As it comes from a parser: -0, infinities and what is undefined are no JSON.
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
const params = fc.constantFrom({ model: 'm', stream: true }, { model: 'm' }, {});

describe('decodeRequest, for any body,', { timeout: 120_000 }, () => {
  it('throws nothing but its own errors, changes nothing, and gives what all providers can be told', () => {
    let decoded = 0;
    fc.assert(
      fc.property(body, params, (value, given) => {
        const before = structuredClone(value);
        try {
          const request = client.decodeRequest(value, given);
          decodeCountRequest({ generateContentRequest: value }, given);
          decoded += 1;
          encode(request);
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          expect(error).toMatchObject({ traits: { status: 400 } });
        } finally {
          expect(value).toEqual(before);
        }
      }),
      { numRuns: FUZZ_RUNS },
    );
    // Errors for everything would pass the test above.
    expect(decoded).toBeGreaterThan(0);
  });

  it('also where it is nothing like a request', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), params, (value, given) => {
        try {
          client.decodeRequest(value as JsonObject, given);
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
        }
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe('the decoders of answers, for any chunk,', { timeout: 120_000 }, () => {
  const answerPart = fc.oneof(
    part,
    record({
      functionCall: record({
        name,
        willContinue: or(fc.boolean()),
        partialArgs: list(record({ jsonPath: fc.constantFrom('$.a', '$.a[0]', '$.a.b', '$', ''), stringValue: text })),
      }),
    }),
  );
  const chunk = record({
    candidates: list(
      record({
        index: fc.constantFrom(0, 1, undefined),
        content: record({ parts: list(answerPart) }),
        finishReason: fc.constantFrom('STOP', 'MAX_TOKENS', 'SAFETY', 'OTHER', 'X', undefined),
        logprobsResult: record({ chosenCandidates: list(record({ token: text })) }),
        groundingMetadata: junk,
      }),
    ),
    usageMetadata: record({ promptTokenCount: or(fc.nat()), cachedContentTokenCount: or(fc.nat()) }),
    promptFeedback: record({ blockReason: word }),
    error: fc.option(junk, { freq: 8 }),
    responseId: text,
    createTime: fc.constantFrom('2026-05-04T20:01:02.264968Z', 'x', 1),
  });

  it('throw nothing but their own errors', () => {
    let finished = 0;
    fc.assert(
      fc.property(fc.array(chunk, { minLength: 1, maxLength: 3 }), (chunks) => {
        const decoder = provider.createDecoder();
        try {
          const events = chunks.flatMap((one) => decoder.push({ data: JSON.stringify(one) ?? '', raw: '' }));
          const all = [...events, ...decoder.end()];
          finished += 1;
          const finishes = all.filter((event) => event.type === 'finish').map((event) => event.choice);
          expect(new Set(finishes).size).toBe(finishes.length);
          const starts = all.filter((event) => event.type === 'block-start').map((event) => event.index);
          const ends = all.filter((event) => event.type === 'block-end').map((event) => event.index);
          expect([...ends].sort()).toEqual([...starts].sort());
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
        }
      }),
      { numRuns: FUZZ_RUNS },
    );
    expect(finished).toBeGreaterThan(0);
  });
});

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function encode(request: ReturnType<typeof client.decodeRequest>): void {
  for (const model of ['gemini-2.5-flash', 'gemini-4-argon']) {
    const encoded = provider.encodeRequest(request, encodeTarget(model));
    expect(JSON.parse(JSON.stringify(encoded.body))).toEqual(encoded.body);
    const turns = encoded.body.contents as readonly { role: string; parts: readonly unknown[] }[];
    expect(turns.length).toBeGreaterThan(0);
    turns.forEach((turn, index) => {
      expect(turn.parts.length).toBeGreaterThan(0);
      expect(turn.role).not.toBe(turns[index - 1]?.role);
    });
  }
}
