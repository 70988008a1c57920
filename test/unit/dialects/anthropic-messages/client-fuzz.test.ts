import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockStart, ChatEvent } from '../../../../functions/core/chat.ts';
import { DIALECTS, FINISH_REASONS } from '../../../../functions/core/chat.ts';
import { GatewayError } from '../../../../functions/core/errors.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { Json, JsonObject } from '../../../../functions/core/json.ts';
import {
  anthropicMessagesClient as client,
  decodeCountRequest,
  encodeCountRequest,
  anthropicMessagesProvider as provider,
} from '../../../../functions/dialects/anthropic-messages/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';
import { CONTEXT, contentOf, streamText, wireEvents } from './client-support.ts';
import { decodeBytes, encodeTarget } from './support.ts';

/** Mostly what clients send, and now and then anything at all. */
const anything = fc.jsonValue({ maxDepth: 3 });
const or = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 60, arbitrary }, { weight: 1, arbitrary: anything as fc.Arbitrary<unknown> });
const some = (fields: Record<string, fc.Arbitrary<unknown>>) => {
  const model = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, or(value)]));
  return fc.oneof(
    { weight: 20, arbitrary: fc.record(model) },
    { weight: 1, arbitrary: fc.record(model, { requiredKeys: [] }) },
  );
};
const id = fc.constantFrom('toolu_1', 'toolu_2', 'functions.f:0', '');
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', ' ', 'x'));
const proof = fc.constantFrom('', 'c2ln', 'tg1.gemini.x', 'tg1.gemini.call.toolu_1.x', 'tg1.gemini.text.x', 'tg1.x');
const cache = some({ type: fc.constant('ephemeral'), ttl: fc.constantFrom('5m', '1h') });
const source = fc.oneof(
  some({ type: fc.constant('base64'), media_type: fc.constantFrom('image/png', 'application/pdf'), data: text }),
  some({ type: fc.constant('url'), url: fc.webUrl() }),
  some({ type: fc.constant('file'), file_id: text }),
  some({ type: fc.constant('text'), data: text }),
  some({ type: fc.constant('content'), content: text }),
);
const content = fc.oneof(
  some({ type: fc.constant('text'), text, cache_control: cache }),
  some({ type: fc.constantFrom('image', 'document'), source, title: text }),
  some({ type: fc.constant('search_result'), title: text }),
);
const block = fc.oneof(
  content,
  some({ type: fc.constant('tool_use'), id, name: text, input: fc.object({ maxDepth: 1 }) }),
  some({
    type: fc.constant('tool_result'),
    tool_use_id: id,
    content: fc.oneof(text, fc.array(content)),
    is_error: fc.boolean(),
  }),
  some({ type: fc.constant('thinking'), thinking: text, signature: proof }),
  some({ type: fc.constant('redacted_thinking'), data: proof }),
);
const message = some({
  role: fc.constantFrom('user', 'assistant', 'user', 'assistant', 'system'),
  content: fc.oneof(text, fc.array(block, { maxLength: 4 })),
});
const tool = fc.oneof(
  some({ name: text, input_schema: fc.object({ maxDepth: 1 }), cache_control: cache }),
  some({ type: fc.constantFrom('custom', 'web_search_20260318'), name: text, input_schema: fc.constant({}) }),
);
const body = fc
  .record(
    {
      model: or(fc.constant('smart')),
      max_tokens: or(fc.nat(9_000)),
      messages: or(fc.array(message, { minLength: 1, maxLength: 5 })),
      system: or(fc.oneof(text, fc.array(content, { maxLength: 2 }))),
      tools: or(fc.array(tool, { maxLength: 2 })),
      tool_choice: or(some({ type: fc.constantFrom('auto', 'any', 'tool', 'none'), name: text })),
      thinking: or(
        some({ type: fc.constantFrom('enabled', 'adaptive', 'disabled'), budget_tokens: fc.nat(9_000), display: text }),
      ),
      output_config: or(
        some({ effort: fc.constantFrom('low', 'max'), format: fc.constant({ type: 'json_schema', schema: {} }) }),
      ),
      metadata: or(some({ user_id: text })),
      stop_sequences: or(fc.array(text, { maxLength: 2 })),
      cache_control: or(cache),
      stream: or(fc.boolean()),
      temperature: or(fc.double({ min: 0, max: 1, noNaN: true })),
      extra: anything,
    },
    { requiredKeys: ['model', 'max_tokens', 'messages'] },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

function orGatewayError<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).status).toBe(400);
    return undefined;
  }
}

describe('decodeRequest, for any body,', { timeout: 120_000 }, () => {
  it('throws its own errors or gives what can be encoded, and changes nothing on the way', () => {
    let decoded = 0;
    fc.assert(
      fc.property(body, (value) => {
        const before = JSON.stringify(value);
        const request = orGatewayError(() => client.decodeRequest(value));
        expect(JSON.stringify(value)).toBe(before);
        if (request === undefined) return;
        decoded += 1;
        const frozen = JSON.stringify(request);
        orGatewayError(() => provider.encodeRequest(request, encodeTarget()));
        orGatewayError(() => encodeCountRequest(decodeCountRequest(value), encodeTarget()));
        provider.forwardRequest(value, request, encodeTarget());
        expect(JSON.stringify(request)).toBe(frozen);
        expect(JSON.stringify(value)).toBe(before);
      }),
      { numRuns: 10_000 },
    );
    // Not all may be refused: then nothing would have been tested.
    expect(decoded).toBeGreaterThan(1_000);
  });

  it('names the place of what is wrong', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const broken = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: [value as Json] }] };
        try {
          client.decodeRequest(broken);
        } catch (error) {
          expect((error as GatewayError).param).toMatch(/^messages\[0\]\.content/);
        }
      }),
    );
  });
});

const dialect = fc.constantFrom(...DIALECTS);
const blockStart: fc.Arbitrary<BlockStart> = fc.oneof(
  fc.constant<BlockStart>({ type: 'text' }),
  fc.constant<BlockStart>({ type: 'refusal' }),
  fc.constant<BlockStart>({ type: 'reasoning' }),
  fc.constantFrom<BlockStart>(
    { type: 'tool-call', id: 'a', name: 'f', kind: 'function' },
    { type: 'tool-call', id: '', name: 'g', kind: 'custom' },
  ),
  dialect.map((origin): BlockStart => ({ type: 'opaque', origin, data: { type: 'thing', x: 1 } })),
);
const pieces = fc.oneof(
  fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), { maxLength: 4 }),
  // A call's arguments, cut where it happens to be.
  fc
    .tuple(fc.object({ maxDepth: 1 }), fc.nat(8))
    .map(([value, at]) => [JSON.stringify(value).slice(0, at), JSON.stringify(value).slice(at)]),
);

interface Planned {
  readonly start: BlockStart;
  readonly pieces: readonly string[];
  readonly signature: { readonly origin: (typeof DIALECTS)[number]; readonly value: string } | undefined;
  readonly redacted: boolean;
}
const planned: fc.Arbitrary<Planned> = fc.record({
  start: blockStart,
  pieces,
  signature: fc.option(fc.record({ origin: dialect, value: fc.base64String({ minLength: 4 }) }), { nil: undefined }),
  redacted: fc.boolean(),
});

/** Blocks that interleave as the numbers say; a call's signature comes first, as those who sign calls send it. */
function interleave(plans: readonly Planned[], order: readonly number[]): readonly ChatEvent[] {
  const queues = plans.map((plan, index): ChatEvent[] => {
    const { start, signature, redacted } = plan;
    const isCall = start.type === 'tool-call';
    const texts = isCall && start.kind === 'function' && !isObject(plan.pieces.join('')) ? ['{}'] : plan.pieces;
    const signed: readonly ChatEvent[] =
      signature === undefined || (signature.origin === 'anthropic-messages' && start.type !== 'reasoning')
        ? []
        : [
            {
              type: 'block-signature',
              index,
              signature,
              ...(redacted && start.type === 'reasoning' ? { redacted } : {}),
            },
          ];
    const deltas = texts.map((text): ChatEvent => ({ type: 'block-delta', index, text }));
    return [
      { type: 'block-start', index, choice: 0, block: start },
      ...(isCall ? [...signed, ...deltas] : [...deltas, ...signed]),
      { type: 'block-end', index },
    ];
  });
  const events: ChatEvent[] = [];
  let opened = 0;
  for (const number of [...order, ...plans.flatMap((_, index) => Array<number>(12).fill(index))]) {
    // In the order of their indices, as all decoders number them.
    const index = Math.min(number % Math.max(1, plans.length), opened);
    const event = queues[index]?.shift();
    if (event === undefined) continue;
    if (event.type === 'block-start') opened += 1;
    events.push(event);
  }
  return events;
}

function isObject(text: string): boolean {
  try {
    return text.startsWith('{') && JSON.parse(text) !== null;
  } catch {
    return false;
  }
}

describe('any answer', { timeout: 60_000 }, () => {
  const answer = fc.tuple(
    fc.array(planned, { maxLength: 4 }),
    fc.array(fc.nat(9), { maxLength: 40 }),
    fc.constantFrom(...FINISH_REASONS.filter((reason) => reason !== 'error')),
  );

  it('is the same streamed and whole, and read back by the decoder', () => {
    fc.assert(
      fc.property(answer, ([plans, order, reason]) => {
        const events: readonly ChatEvent[] = [
          { type: 'response-start', id: 'resp_1', model: 'm' },
          ...interleave(plans, order),
          { type: 'finish', choice: 0, reason },
        ];
        const whole = client.encodeResponse(events, CONTEXT);
        const text = streamText(events);
        expect(contentOf(wireEvents(text))).toEqual(JSON.parse(JSON.stringify(whole.content)));
        const [delta] = wireEvents(text).filter((event) => event.type === 'message_delta');
        expect(delta?.delta).toEqual({
          stop_reason: whole.stop_reason,
          stop_sequence: whole.stop_sequence,
          stop_details: whole.stop_details,
        });
        const decoded = foldEvents(decodeBytes([new TextEncoder().encode(text)]));
        expect(decoded).toEqual(foldEvents(provider.decodeResponse(whole)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is the same wherever its bytes are cut', () => {
    const events: readonly ChatEvent[] = [
      { type: 'response-start', id: 'resp_1', model: 'm' },
      ...interleave(
        [
          {
            start: { type: 'reasoning' },
            pieces: ['Hm 🌍'],
            signature: { origin: 'gemini', value: 'eA==' },
            redacted: false,
          },
          {
            start: { type: 'tool-call', id: 'a', name: 'f', kind: 'function' },
            pieces: ['{"ü":', '"東"}'],
            signature: undefined,
            redacted: false,
          },
        ],
        [0, 1, 0, 1],
      ),
      { type: 'finish', choice: 0, reason: 'tool-calls' },
    ];
    const bytes = new TextEncoder().encode(streamText(events));
    const whole = foldEvents(decodeBytes([bytes]));
    expect(whole.choices[0]?.blocks).toHaveLength(2);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(foldEvents(decodeBytes([bytes.subarray(0, cut), bytes.subarray(cut)]))).toEqual(whole);
    }
    const framer = createSseFramer();
    expect(
      [...bytes]
        .flatMap((byte) => framer.push(Uint8Array.of(byte)))
        .map((frame) => frame.raw)
        .join(''),
    ).toBe(new TextDecoder().decode(bytes));
  });
});
