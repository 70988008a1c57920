/**
 * Real traffic, served as Bedrock serves it and read twice: by AWS's own client, and by us. Ours must hold all that theirs
 * does. Runs where TOLLGATE_RECORDINGS names the folder.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssistantPart } from '../../../../functions/core/chat.ts';
import { type ChatReply, foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { bedrockConverseProvider as provider } from '../../../../functions/dialects/bedrock-converse/index.ts';
import { listRecordings, RECORDINGS } from '../../../support/recordings.ts';
import { decodeBytes, streamBytes } from './support.ts';

const recordings = listRecordings({ providers: ['amazon-bedrock'], framing: 'done' });
const named = (streamed: boolean) =>
  recordings
    .filter((one) => one.streamed === streamed)
    .map((one) => [one.name, one.values as readonly JsonObject[]] as const);

let server: Server;
let client: BedrockRuntimeClient;
beforeAll(async () => {
  server = createServer((request, response) => {
    const name = decodeURIComponent(request.url?.split('/')[2] ?? '');
    const values = (recordings.find((one) => one.name === name)?.values ?? []) as readonly JsonObject[];
    const streamed = request.url?.endsWith('-stream') === true;
    response.writeHead(200, { 'content-type': streamed ? 'application/vnd.amazon.eventstream' : 'application/json' });
    response.end(streamed ? streamBytes(values) : JSON.stringify(values[0]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: new NodeHttpHandler(),
  });
});
afterAll(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

describe.runIf(RECORDINGS !== undefined)('recordings of Bedrock', () => {
  it('are there', () => {
    expect(named(true).length).toBeGreaterThanOrEqual(5);
    expect(named(false).length).toBeGreaterThanOrEqual(5);
  });

  it.each(named(true))('%s decodes without loss', async (name, values) => {
    const { stream = [] } = await client.send(new ConverseStreamCommand({ modelId: name, messages: [] }));
    const theirs = naiveStream(await Array.fromAsync(stream));
    expect(summaryOf(foldEvents(decodeBytes([streamBytes(values)])))).toEqual(theirs);
    expect(theirs.text + theirs.calls.join('')).not.toBe('');
  });

  it.each(named(false))('%s decodes without loss', async (name, [value]) => {
    const { output, stopReason, usage } = await client.send(new ConverseCommand({ modelId: name, messages: [] }));
    expect(summaryOf(foldEvents(provider.decodeResponse(value ?? null)))).toEqual(
      naive(output?.message?.content ?? [], stopReason, usage),
    );
  });

  it.each(named(true))('%s, cut at every byte, gives the same events', (_, values) => {
    const bytes = streamBytes(values);
    const whole = JSON.stringify(decodeBytes([bytes]));
    for (let cut = 0; cut < bytes.length; cut += 1) {
      expect(JSON.stringify(decodeBytes([bytes.subarray(0, cut), bytes.subarray(cut)]))).toBe(whole);
    }
  });

  // As they lie in the folder: the events as unions, with no framing of AWS's around them.
  it.each(named(true))('%s decodes as a list of unions, too', (_, values) => {
    const decoder = provider.createDecoder();
    const events = values.flatMap((value) => decoder.push({ data: JSON.stringify(value), raw: '' }));
    expect([...events, ...decoder.end()]).toEqual(decodeBytes([streamBytes(values)]));
  });
});

interface Summary {
  readonly reason: unknown;
  readonly text: string;
  readonly thinking: string;
  readonly signatures: string;
  readonly calls: readonly string[];
  readonly usage: readonly [input: number, output: number];
}

function summaryOf(reply: ChatReply): Summary {
  const [choice] = reply.choices;
  const pick = <T extends AssistantPart['type']>(type: T) =>
    (choice?.blocks ?? []).filter((part): part is Extract<AssistantPart, { type: T }> => part.type === type);
  return {
    reason: choice?.rawReason,
    text: pick('text')
      .map((part) => part.text)
      .join('|'),
    thinking: pick('reasoning')
      .map((part) => part.text)
      .join('|'),
    signatures: pick('reasoning')
      .map((part) => part.signature?.value)
      .join('|'),
    calls: pick('tool-call').map((part) => `${part.id} ${part.name} ${JSON.stringify(JSON.parse(part.arguments))}`),
    usage: [reply.usage?.inputTokens ?? 0, reply.usage?.outputTokens ?? 0],
  };
}

/** The blocks of a stream by joining what has the same index, as if it were a whole message. */
function naiveStream(events: readonly ConverseStreamOutput[]): Summary {
  const deltas = events.flatMap((event) => event.contentBlockDelta ?? []);
  const starts = events.flatMap((event) => event.contentBlockStart ?? []);
  const indexes = [...new Set([...starts, ...deltas].map((event) => event.contentBlockIndex))].sort();
  const content = indexes.map((index): ContentBlock => {
    const own = deltas.filter((event) => event.contentBlockIndex === index).map((event) => event.delta);
    const toolUse = starts.find((event) => event.contentBlockIndex === index)?.start?.toolUse;
    const join = (pick: (delta: (typeof own)[number]) => string | undefined) =>
      own.map((delta) => pick(delta) ?? '').join('');
    if (toolUse !== undefined)
      return { toolUse: { ...toolUse, input: JSON.parse(join((delta) => delta?.toolUse?.input) || '{}') } };
    const text = join((delta) => delta?.text);
    if (text !== '') return { text };
    const signature = join((delta) => delta?.reasoningContent?.signature);
    return { reasoningContent: { reasoningText: { text: join((delta) => delta?.reasoningContent?.text), signature } } };
  });
  const stopReason = events.find((event) => event.messageStop !== undefined)?.messageStop?.stopReason;
  return naive(content, stopReason, events.find((event) => event.metadata !== undefined)?.metadata?.usage);
}

function naive(content: readonly ContentBlock[], reason: unknown, usage: TokenUsage | undefined): Summary {
  const thoughts = content.flatMap((block) => block.reasoningContent?.reasoningText ?? []);
  return {
    reason,
    text: content.flatMap((block) => block.text ?? []).join('|'),
    thinking: thoughts.map((thought) => thought.text).join('|'),
    signatures: thoughts.map((thought) => thought.signature).join('|'),
    calls: content
      .flatMap((block) => block.toolUse ?? [])
      .map((call) => `${call.toolUseId} ${call.name} ${JSON.stringify(call.input)}`),
    usage: [usage?.inputTokens ?? 0, usage?.outputTokens ?? 0],
  };
}
