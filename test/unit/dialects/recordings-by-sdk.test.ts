/** Recorded answers, decoded here and read by the provider's own SDK from the same bytes: both must have seen the same. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderCodec } from '../../../functions/core/codec.ts';
import { type ChatReply, foldEvents } from '../../../functions/core/fold.ts';
import { totalInputTokens } from '../../../functions/core/usage.ts';
import { geminiProvider } from '../../../functions/dialects/gemini/index.ts';
import { openaiChatProvider } from '../../../functions/dialects/openai-chat/index.ts';
import { createSseFramer } from '../../../functions/framing/sse.ts';
import { listRecordings, RECORDINGS, type Recording } from '../../support/recordings.ts';

interface Reading {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly inputTokens: number;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve({ text, streamed }: Recording): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function decode(codec: ProviderCodec, recording: Recording): ChatReply {
  if (!recording.streamed) return foldEvents(codec.decodeResponse(recording.values[0] ?? null));
  const framer = createSseFramer();
  const decoder = codec.createDecoder();
  const frames = [...framer.push(Buffer.from(recording.text)), ...framer.end()];
  return foldEvents([...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]);
}

function ours(reply: ChatReply): Reading {
  const blocks = reply.choices[0]?.blocks ?? [];
  return {
    text: blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: blocks.flatMap((block) =>
      block.type === 'tool-call' ? [{ name: block.name, arguments: JSON.parse(block.arguments) as unknown }] : [],
    ),
    inputTokens: reply.usage === undefined ? 0 : totalInputTokens(reply.usage),
  };
}

/** Mistral sends a list of parts where OpenAI's type has a text. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { type?: string; text?: string }) => (part.type === 'text' ? (part.text ?? '') : ''))
    .join('');
}

async function byOpenai(recording: Recording): Promise<Reading> {
  const client = new OpenAI({ apiKey: 'any', baseURL: await serve(recording), maxRetries: 0 });
  const request = { model: 'm', messages: [{ role: 'user' as const, content: 'x' }] };
  if (!recording.streamed) {
    const { choices, usage } = await client.chat.completions.create(request);
    const calls = choices[0]?.message.tool_calls ?? [];
    return {
      text: textOf(choices[0]?.message.content),
      calls: calls.flatMap((call) =>
        // Mistral names no type.
        call.type === 'custom' ? [] : [{ name: call.function.name, arguments: JSON.parse(call.function.arguments) }],
      ),
      inputTokens: usage?.prompt_tokens ?? 0,
    };
  }
  let text = '';
  let inputTokens = 0;
  const calls: { name: string; arguments: string }[] = [];
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
    inputTokens = chunk.usage?.prompt_tokens ?? inputTokens;
    const delta = chunk.choices[0]?.delta;
    text += textOf(delta?.content);
    for (const piece of delta?.tool_calls ?? []) {
      const at = piece.index ?? calls.length;
      const call = calls[at] ?? { name: '', arguments: '' };
      calls[at] = call;
      call.name += piece.function?.name ?? '';
      call.arguments += piece.function?.arguments ?? '';
    }
  }
  return {
    text,
    // Some servers count calls from 1.
    calls: Object.values(calls).map((call) => ({ ...call, arguments: JSON.parse(call.arguments || '{}') })),
    inputTokens,
  };
}

async function byGoogle(recording: Recording): Promise<Reading> {
  const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: await serve(recording) } });
  const request = { model: 'm', contents: 'x' };
  const answers = recording.streamed
    ? await Array.fromAsync(await client.models.generateContentStream(request))
    : [await client.models.generateContent(request)];
  const parts = answers.flatMap((answer) => answer.candidates?.[0]?.content?.parts ?? []);
  return {
    text: parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join(''),
    calls: parts.flatMap(({ functionCall }) =>
      functionCall?.name === undefined ? [] : [{ name: functionCall.name, arguments: functionCall.args ?? {} }],
    ),
    inputTokens: answers.findLast((answer) => answer.usageMetadata)?.usageMetadata?.promptTokenCount ?? 0,
  };
}

const isChat = ({ values: [first] }: Recording): boolean =>
  typeof first === 'object' && first !== null && 'choices' in first;
/** Of arguments in pieces the SDK hands on the pieces: there is nothing to compare with. */
const isAnswer = ({ values: [first], text }: Recording): boolean =>
  typeof first === 'object' && first !== null && 'candidates' in first && !text.includes('willContinue');

describe.runIf(RECORDINGS)('the official SDK reads what we read of', () => {
  const chats = listRecordings({
    providers: ['deepseek', 'groq', 'mistral', 'openai', 'openai-compatible', 'xai'],
    framing: 'done',
  }).filter(isChat);
  it.each(chats.map((recording) => [recording.name, recording] as const))('%s', async (_, recording) => {
    expect(ours(decode(openaiChatProvider, recording))).toEqual(await byOpenai(recording));
  });

  const answers = listRecordings({ providers: ['google'], framing: 'plain' }).filter(isAnswer);
  it.each(answers.map((recording) => [recording.name, recording] as const))('%s', async (_, recording) => {
    expect(ours(decode(geminiProvider, recording))).toEqual(await byGoogle(recording));
  });
});
