/** Codec, transport and the simulation of Bedrock together: what a request becomes on its way there and back. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBedrockUpstream } from '../../../functions/adapters/bedrock-upstream.ts';
import type { ChatEvent, ChatRequest, Message } from '../../../functions/core/chat.ts';
import type { EmbeddingsRequest } from '../../../functions/core/embeddings.ts';
import { joinReplies, splitEmbeddings } from '../../../functions/core/embeddings-batch.ts';
import type { ErrorKind } from '../../../functions/core/errors.ts';
import { type ChatReply, foldEvents } from '../../../functions/core/fold.ts';
import type { UpstreamReply } from '../../../functions/core/ports.ts';
import { NO_QUIRKS } from '../../../functions/core/quirks.ts';
import {
  bedrockEmbeddings,
  bedrockConverseProvider as codec,
} from '../../../functions/dialects/bedrock-converse/index.ts';
import { type SimulatedProviders, startSimulatedProviders } from '../../../local/providers/index.ts';
import { chatRequest } from '../../support/chat-request.ts';
import { providerKeys } from './support.ts';

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

let providers: SimulatedProviders;
const upstream = createBedrockUpstream({ keys: providerKeys({ providerKeys: async () => ['bedrock-key'] }) });
beforeAll(async () => {
  providers = await startSimulatedProviders();
});
afterAll(async () => {
  await upstream.close();
  await providers.close();
});

const chat = (fields: Partial<ChatRequest> = {}): ChatRequest =>
  chatRequest({
    stream: true,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'What does the toll cost?' }] }],
    ...fields,
  });

interface Options {
  readonly model?: string;
  readonly baseUrl?: string;
  readonly idleMs?: number;
  readonly firstTokenMs?: number;
}

const encodeTarget = (model: string) => ({ model, defaultMaxOutputTokens: 8_192, quirks: NO_QUIRKS });
const targetAt = (baseUrl: string, model: string) =>
  ({
    provider: 'bedrock',
    config: { dialect: 'bedrock-converse', baseUrl, region: 'us-east-1', secret: 'bedrock' },
    baseUrl,
    model,
  }) as const;
const how = ({ idleMs = 5_000, firstTokenMs = 5_000 }: Options, stream: boolean) => ({
  stream,
  signal: new AbortController().signal,
  connectMs: 1_000,
  firstTokenMs,
  idleMs,
});

async function send(
  request: ChatRequest,
  options: Options,
): Promise<{ reply: UpstreamReply; events: () => AsyncGenerator<readonly ChatEvent[]> }> {
  const model = options.model ?? `${CLAUDE}@fast`;
  const encoded = codec.encodeRequest(request, encodeTarget(model));
  expect(encoded.dropped).toEqual([]);
  const baseUrl = options.baseUrl ?? providers.bedrockBaseUrl;
  const reply = await upstream.send(targetAt(baseUrl, model), encoded, how(options, request.stream));
  async function* events(): AsyncGenerator<readonly ChatEvent[]> {
    if (!request.stream) {
      yield codec.decodeResponse(JSON.parse(await reply.text()), encoded.restore);
      return;
    }
    const decoder = codec.createDecoder(encoded.restore);
    for await (const frame of reply.frames(codec.framing)) yield decoder.push(frame);
    yield decoder.end();
  }
  return { reply, events };
}

/** As the gateway does it. Events that came before an error go into `seen`. */
async function ask(
  fields: Partial<ChatRequest> = {},
  options: Options = {},
  seen: ChatEvent[] = [],
): Promise<ChatReply> {
  const { reply, events } = await send(chat(fields), options);
  if (reply.status !== 200)
    throw codec.decodeError({ status: reply.status, headers: reply.headers, body: await reply.text() });
  try {
    for await (const some of events()) seen.push(...some);
  } finally {
    reply.cancel();
  }
  return foldEvents(seen);
}

const textOf = (reply: ChatReply) =>
  reply.choices[0]?.blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');

const TOOLS: ChatRequest['tools'] = [
  {
    kind: 'function',
    name: 'weather.get',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  { kind: 'function', name: 'ping', parameters: { type: 'object', properties: {} } },
];

describe('an answer', () => {
  it.each<readonly [string, Partial<ChatRequest>]>([
    ['text', {}],
    ['two tools in parallel', { tools: TOOLS, toolChoice: { type: 'required' } }],
    ['one call at a time', { tools: TOOLS, parallelToolCalls: false }],
    ['tools that must not be called', { tools: TOOLS, toolChoice: { type: 'none' } }],
    ['reasoning', { reasoning: { budgetTokens: 1_024 } }],
    [
      'a schema',
      {
        responseFormat: {
          type: 'json-schema',
          name: 'a',
          schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        },
      },
    ],
    ['a length stop', { maxOutputTokens: 4 }],
    ['a stop sequence', { stop: ['simulated'] }],
    [
      'an image',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgo=' } },
              { type: 'text', text: '?' },
            ],
          },
        ],
      },
    ],
  ])('with %s is the same streamed and whole, usage included', async (_, fields) => {
    const streamed = await ask({ ...fields, stream: true });
    const whole = await ask({ ...fields, stream: false });
    expect(streamed).toEqual(whole);
    expect(streamed.choices[0]?.finish).toBeDefined();
    expect(streamed.usage?.outputTokens).toBeGreaterThan(0);
  });

  it('of a stop sequence says which', async () => {
    expect((await ask({ stop: ['simulated'] })).choices[0]).toMatchObject({
      finish: 'stop',
      stopSequence: 'simulated',
    });
  });

  it('goes through a whole conversation: thoughts, calls, results in any order, and their names', async () => {
    const question: Message = { role: 'user', content: [{ type: 'text', text: 'Ask both.' }] };
    const fields = { tools: TOOLS, reasoning: { budgetTokens: 1_024 } };
    const first = await ask({ ...fields, messages: [question] });
    const blocks = first.choices[0]?.blocks ?? [];
    const calls = blocks.flatMap((block) => (block.type === 'tool-call' ? [block] : []));
    expect(blocks.map((block) => block.type)).toEqual(['reasoning', 'text', 'tool-call', 'tool-call']);
    expect(calls.map((call) => [call.name, call.arguments])).toEqual([
      ['weather.get', expect.stringContaining('city')],
      ['ping', '{}'],
    ]);
    const results = calls.toReversed().map(
      (call): Message => ({
        role: 'tool',
        content: [{ type: 'tool-result', callId: call.id, content: [{ type: 'text', text: `${call.name} says hi` }] }],
      }),
    );
    const second = await ask({ ...fields, messages: [question, { role: 'assistant', content: blocks }, ...results] });
    expect(textOf(second)).toContain('ping says hi; weather.get says hi');
  });

  it('counts what it reads from and writes to the cache', async () => {
    const system: Message = {
      role: 'system',
      content: [{ type: 'text', text: `${'Rules. '.repeat(2_000)}${Math.random()}`, cache: { ttl: '1h' } }],
    };
    const messages = [system, ...chat().messages];
    const first = await ask({ messages });
    const second = await ask({ messages, stream: false });
    expect(first.usage?.cacheWrite1hTokens).toBeGreaterThan(1_024);
    expect(second.usage).toMatchObject({ cacheReadTokens: first.usage?.cacheWrite1hTokens, cacheWrite1hTokens: 0 });
  });

  it('is read out of a compressed one', async () => {
    expect(await ask({}, { model: `${CLAUDE}@fast+gzip` })).toEqual(await ask());
  });

  it('without usage is an answer all the same', async () => {
    expect(await ask({}, { model: `${CLAUDE}@fast+no-usage` })).toMatchObject({
      choices: [{ finish: 'stop' }],
      usage: undefined,
    });
    expect(await ask({}, { model: `${CLAUDE}@fast+no-done` })).toMatchObject({
      choices: [{ finish: 'stop' }],
      usage: undefined,
    });
  });
});

describe('the bytes of a stream', () => {
  it.each([1, 7, 64, 1_000])('in TCP segments of %i give the same answer', async (size) => {
    const proxy = await startSlicer(providers.url, size);
    const sliced = await ask({ maxOutputTokens: 12 }, { baseUrl: `${proxy.url}/bedrock` });
    expect(sliced).toEqual(await ask({ maxOutputTokens: 12 }));
    await proxy.close();
  });
});

describe('a fault', () => {
  it.each<readonly [string, ErrorKind]>([
    ['429', 'upstream-throttled'],
    ['429-quota', 'upstream-quota'],
    ['500', 'upstream-error'],
    ['503', 'upstream-overloaded'],
    ['529', 'upstream-overloaded'],
    ['408', 'upstream-timeout'],
    ['403', 'upstream-unauthorized'],
    ['401', 'upstream-unauthorized'],
    ['404', 'upstream-not-found'],
    ['400', 'invalid-request'],
    ['context-length', 'context-length'],
    ['content-filter', 'content-refused'],
    ['reset', 'upstream-unreachable'],
  ])('before the answer: @%s is %s, streamed and whole', async (fault, kind) => {
    for (const stream of [true, false]) {
      await expect(ask({ stream }, { model: `${CLAUDE}@${fault}` })).rejects.toMatchObject({ kind });
    }
  });

  it('says when to come back', async () => {
    await expect(ask({}, { model: `${CLAUDE}@429-retry-after-2` })).rejects.toMatchObject({ retryAfterMs: 2_000 });
  });

  it.each<readonly [string, ErrorKind]>([
    ['error-event-at-3', 'upstream-throttled'],
    ['cut-at-3', 'upstream-truncated'],
    ['end-at-3', 'upstream-truncated'],
    ['malformed-at-3', 'upstream-malformed'],
    ['stall-at-3-3000', 'upstream-timeout'],
  ])('within the stream: @%s is %s, after what came before it', async (fault, kind) => {
    const seen: ChatEvent[] = [];
    await expect(ask({}, { model: `${CLAUDE}@fast+${fault}`, idleMs: 150 }, seen)).rejects.toMatchObject({ kind });
    expect(seen.filter((event) => event.type === 'block-delta')).toHaveLength(3);
    expect(seen.some((event) => event.type === 'finish')).toBe(false);
  });

  it('before the first token is a time-out', async () => {
    await expect(ask({}, { model: `${CLAUDE}@silence`, firstTokenMs: 100 })).rejects.toMatchObject({
      kind: 'upstream-timeout',
    });
  });

  it.each<readonly [string, ErrorKind]>([
    ['sign-in-page', 'upstream-malformed'],
    ['empty-body', 'upstream-truncated'],
  ])('in place of a stream: @%s is %s', async (fault, kind) => {
    await expect(ask({}, { model: `${CLAUDE}@${fault}` })).rejects.toMatchObject({ kind });
  });
});

describe('embeddings', () => {
  it.each(['amazon.titan-embed-text-v2:0', 'cohere.embed-v4:0', 'amazon.nova-2-multimodal-embeddings-v1:0'])(
    'of %s come in order',
    async (model) => {
      const request: EmbeddingsRequest = {
        model: 'embed',
        input: ['gate', 'road', 'gate'],
        single: false,
        format: 'float',
        dimensions: 256,
        extensions: {},
      };
      const replies = [];
      for (const part of splitEmbeddings(request, bedrockEmbeddings.maxInputs?.(model))) {
        const encoded = bedrockEmbeddings.encode(part, encodeTarget(model));
        const reply = await upstream.send(targetAt(providers.bedrockBaseUrl, model), encoded, how({}, false));
        expect(reply.status).toBe(200);
        replies.push(bedrockEmbeddings.decode(JSON.parse(await reply.text()), part));
      }
      const { vectors } = joinReplies(replies);
      expect(vectors).toHaveLength(3);
      expect(vectors[0]).toEqual(vectors[2]);
      expect(vectors[0]).not.toEqual(vectors[1]);
    },
  );
});

/** A proxy that hands the answer on in segments of so many bytes. */
async function startSlicer(url: string, size: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstreamSocket = connect(Number(port), hostname);
    for (const socket of [client, upstreamSocket]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.pipe(upstreamSocket).pipe(slices(size)).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function slices(size: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const next = (start: number): void => {
        this.push(chunk.subarray(start, start + size));
        // A turn of the loop between two writes: together they would be one segment.
        if (start + size < chunk.length) setImmediate(next, start + size);
        else done();
      };
      next(0);
    },
  });
}
