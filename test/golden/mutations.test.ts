/**
 * Fuzz: what clients and providers say in the files beside, broken in one to three places. A request is refused with
 * the client's error, an answer with the provider's, and nothing else is ever thrown; what is read is frozen, so that
 * whoever writes to it is found out. `npm run test:long -- fuzz` plays 10,000 of each.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChatEvent, type ClientDialect, DIALECTS, type Dialect } from '../../functions/core/chat.ts';
import type { Frame, ProviderCodec } from '../../functions/core/codec.ts';
import { GatewayError } from '../../functions/core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../functions/core/json.ts';
import { NO_QUIRKS } from '../../functions/core/quirks.ts';
import { clientCodec, providerCodec } from '../../functions/dialects/index.ts';
import { createSseFramer } from '../../functions/framing/sse.ts';
import { BEDROCK_ANSWER, BEDROCK_EVENTS } from '../support/bedrock-answer.ts';
import { FUZZ_RUNS } from '../support/fuzz-runs.ts';
import { frozen, mutate, mutation } from '../support/mutate-json.ts';

const CLIENTS = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const satisfies ClientDialect[];

const read = (dialect: Dialect, folder: string, suffix: string): readonly string[] => {
  const path = join(import.meta.dirname, dialect, folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(suffix))
    .map((name) => readFileSync(join(path, name), 'utf8'));
};

/** Of what came about: a fuzz whose inputs are all refused, or none, shows little. */
function createTally() {
  let taken = 0;
  let refused = 0;
  return {
    /** Undefined where it was refused in words that are the gateway's; all else is thrown on. */
    attempt<T>(isTheirs: (error: GatewayError) => boolean, work: () => T): T | undefined {
      try {
        const value = work();
        taken += 1;
        return value;
      } catch (error) {
        if (!(error instanceof GatewayError) || !isTheirs(error)) throw error;
        refused += 1;
        return undefined;
      }
    },
    expectBoth() {
      expect(taken).toBeGreaterThan(0);
      expect(refused).toBeGreaterThan(0);
    },
  };
}

const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });

describe.each(CLIENTS)('a broken request in %s', { timeout: 300_000 }, (dialect) => {
  const bodies = read(dialect, dialect === 'anthropic-messages' ? 'client-requests' : 'requests', '.json').map(
    (text) => (JSON.parse(text) as { readonly body: JsonObject }).body,
  );
  const isClients = ({ status }: GatewayError): boolean => status === 400;

  it('is understood, or refused as the client’s; and so for every provider', () => {
    const decoding = createTally();
    const encoding = createTally();
    fc.assert(
      fc.property(fc.constantFrom(...bodies), mutations, (body, list) => {
        const broken = frozen(mutate(body, list) as JsonObject);
        const request = decoding.attempt(isClients, () =>
          frozen(clientCodec(dialect).decodeRequest(broken, { model: 'm', stream: true })),
        );
        if (request === undefined) return;
        for (const to of DIALECTS) {
          const codec = providerCodec(to);
          const target = { model: 'm', defaultMaxOutputTokens: 1_000, quirks: NO_QUIRKS };
          const encoded = encoding.attempt(isClients, () =>
            to === dialect ? codec.forwardRequest(broken, request, target) : codec.encodeRequest(request, target),
          );
          if (encoded !== undefined) expect(JSON.stringify(encoded.body)).toMatch(/^\{/);
        }
      }),
      { numRuns: FUZZ_RUNS },
    );
    decoding.expectBoth();
    encoding.expectBoth();
  });
});

/** What an answer says must be something that each client can be told, whole and streamed. */
function tellClients(events: readonly ChatEvent[]): void {
  const context = { requestId: 'req1', createdAt: 1_700_000_000 };
  for (const dialect of CLIENTS) {
    const client = clientCodec(dialect);
    expect(client.encodeResponse(events, context)).toBeTypeOf('object');
    const request = clientCodec('openai-chat').decodeRequest({
      model: 'm',
      messages: [{ role: 'user', content: 'x' }],
    });
    const encoder = client.createEncoder({ ...request, stream: true }, context);
    expect([...events.map((event) => encoder.push(event)), encoder.end()].join('')).not.toBe('');
  }
}

function decodeFrames(codec: ProviderCodec, frames: readonly Frame[]): readonly ChatEvent[] {
  const decoder = codec.createDecoder();
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

function streamsOf(dialect: Dialect): readonly (readonly Frame[])[] {
  if (dialect === 'bedrock-converse') return [BEDROCK_EVENTS];
  return read(dialect, 'streams', '.sse').map((text) => {
    const framer = createSseFramer();
    return [...framer.push(new TextEncoder().encode(text)), ...framer.end()];
  });
}

function wholesOf(dialect: Dialect): readonly Json[] {
  const { createFolder } = providerCodec(dialect);
  if (createFolder === undefined) return [BEDROCK_ANSWER];
  return streamsOf(dialect).flatMap((frames) => {
    const folder = createFolder({});
    for (const frame of frames) folder?.push(frame);
    return folder === undefined ? [] : [folder.whole()];
  });
}

const frameMutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('data', 'data', 'data', 'data', 'drop', 'twice', 'swap', 'cut'),
  mutations,
});
type FrameMutation = typeof frameMutation extends fc.Arbitrary<infer M> ? M : never;

function mutateFrames(frames: readonly Frame[], { at, kind, mutations: list }: FrameMutation): readonly Frame[] {
  const index = at % frames.length;
  const frame = frames[index];
  if (frame === undefined) return frames;
  const mutatedData = (): string => {
    if (frame.incomplete === true || !frame.data.startsWith('{')) return `${frame.data}x`;
    return JSON.stringify(mutate(JSON.parse(frame.data) as Json, list));
  };
  switch (kind) {
    case 'data':
      return frames.with(index, { ...frame, data: mutatedData() });
    case 'drop':
      return frames.toSpliced(index, 1);
    case 'twice':
      return frames.toSpliced(index, 0, frame);
    case 'swap':
      return frames.toSpliced(index, 1).toSpliced((at * 3) % frames.length, 0, frame);
    case 'cut':
      return [...frames.slice(0, index), { ...frame, data: frame.data.slice(0, at % 40), incomplete: true }];
  }
}

describe.each(DIALECTS)('a broken answer in %s', { timeout: 300_000 }, (dialect) => {
  const codec = providerCodec(dialect);
  const isProviders = ({ kind }: GatewayError): boolean =>
    kind.startsWith('upstream-') || kind === 'context-length' || kind === 'content-refused';

  it('streamed, is one that clients can be told, or ends in the provider’s error', () => {
    const tally = createTally();
    fc.assert(
      fc.property(
        fc.constantFrom(...streamsOf(dialect)),
        fc.array(frameMutation, { minLength: 1, maxLength: 3 }),
        (frames, list) => {
          const broken = list.reduce((now, one) => mutateFrames(now, one), frames);
          tally.attempt(isProviders, () => tellClients(decodeFrames(codec, broken)));
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
    tally.expectBoth();
  });

  it('whole, likewise', () => {
    const tally = createTally();
    fc.assert(
      fc.property(fc.constantFrom(...wholesOf(dialect)), mutations, (whole, list) => {
        const broken = frozen(mutate(whole, list));
        tally.attempt(isProviders, () => tellClients(codec.decodeResponse(broken)));
      }),
      { numRuns: FUZZ_RUNS },
    );
    expect(isJsonObject(wholesOf(dialect)[0])).toBe(true);
    tally.expectBoth();
  });
});
