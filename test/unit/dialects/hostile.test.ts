/** Whatever a client sends is answered, or refused with its place: never an overflow, and never a cost beyond its size. */
import { describe, expect, it } from 'vitest';
import { type ChatRequest, DIALECTS } from '../../../functions/core/chat.ts';
import { GatewayError } from '../../../functions/core/errors.ts';
import type { JsonObject } from '../../../functions/core/json.ts';
import { NO_QUIRKS } from '../../../functions/core/quirks.ts';
import { clientCodec, providerCodec } from '../../../functions/dialects/index.ts';
import { estimateInputTokens } from '../../../functions/ledger/estimate-tokens.ts';
import { growth } from '../../support/growth.ts';
import { HOSTILE_SHAPES, type HostileShape } from './hostile-shapes.ts';

/** zod's own lists overflow the stack from some 125,000 issues on. */
const MANY = 150_000;

const MODELS: { readonly [D in (typeof DIALECTS)[number]]: string } = {
  'openai-chat': 'gpt-5',
  'openai-responses': 'gpt-5',
  'anthropic-messages': 'claude-opus-4-8',
  gemini: 'gemini-3-pro',
  'bedrock-converse': 'anthropic.claude-opus-4-5',
};

const decode = ({ dialect }: HostileShape, body: JsonObject): ChatRequest =>
  clientCodec(dialect).decodeRequest(body, { model: 'm', stream: true });

/** What is thrown has to be the client's fault. */
function refusalOf(work: () => unknown): GatewayError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError && error.status === 400) return error;
    throw error;
  }
}

/** All that happens to a request before it is sent, for every dialect that it may be sent in. */
function send(shape: HostileShape, body: JsonObject): readonly (GatewayError | undefined)[] {
  const request = decode(shape, body);
  expect(estimateInputTokens(request)).toBeGreaterThan(0);
  return DIALECTS.map((to) =>
    refusalOf(() => {
      const target = { model: MODELS[to], defaultMaxOutputTokens: 1_000, quirks: NO_QUIRKS };
      const codec = providerCodec(to);
      const encoded =
        to === shape.dialect ? codec.forwardRequest(body, request, target) : codec.encodeRequest(request, target);
      return JSON.stringify(encoded.body);
    }),
  );
}

describe('a hostile body', () => {
  it.each(HOSTILE_SHAPES.map((shape) => [shape.dialect, shape.name, shape] as const))('of %s: %s', (_, __, shape) => {
    const body = shape.make(MANY);
    if (shape.param !== undefined) {
      const refusal = refusalOf(() => decode(shape, body));
      expect(refusal).toMatchObject({ kind: 'invalid-request', param: shape.param });
      expect(refusal?.message.length).toBeLessThan(1_000);
      return;
    }
    const early = refusalOf(() => decode(shape, body));
    if (early !== undefined) expect(early.message).toMatch(/ fields; at most 256 /);
    else for (const refusal of send(shape, body)) if (refusal !== undefined) expect(refusal.param).toBeTruthy();
  });
});

const COSTLY = ['neighbours of one role', 'many calls with bad ids', 'kinds of items without end'];

describe('what a body costs', () => {
  const costly = HOSTILE_SHAPES.filter(
    ({ dialect, name }) =>
      COSTLY.includes(name) ||
      (dialect === 'openai-chat' && ['references in a chain', 'very many properties in the format'].includes(name)),
  );

  it.each(costly.map((shape) => [shape.dialect, shape.name, shape] as const))(
    'grows as it does, for %s: %s',
    (_, __, shape) => {
      const sizes = [5_000, 45_000] as const;
      const bodies = new Map(sizes.map((size) => [size as number, shape.make(size)]));
      const work = (size: number): void => void send(shape, bodies.get(size) ?? {});
      // Nine times the size; by the square it would be eighty-one.
      expect(growth(work, ...sizes)).toBeLessThan(25);
    },
    30_000,
  );
});
