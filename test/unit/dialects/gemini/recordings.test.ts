/**
 * Real traffic, read a second time as naively as can be. What the decoder says must hold all of it. Runs where
 * TOLLGATE_RECORDINGS names the folder.
 */
import { describe, expect, it } from 'vitest';
import type { AssistantPart } from '../../../../functions/core/chat.ts';
import { type ChatReply, foldEvents } from '../../../../functions/core/fold.ts';
import type { Json } from '../../../../functions/core/json.ts';
import { totalInputTokens } from '../../../../functions/core/usage.ts';
import { geminiProvider as provider } from '../../../../functions/dialects/gemini/index.ts';
import { createSseFramer } from '../../../../functions/framing/sse.ts';
import { listRecordings, RECORDINGS, type Recording } from '../../../support/recordings.ts';
import { decodeBytes } from './support.ts';

const recordings = listRecordings({ providers: ['google'], framing: 'plain' });
const named = (streamed: boolean) =>
  recordings
    .filter((recording) => recording.streamed === streamed && !recording.name.includes('429'))
    .map((recording) => [recording.name, recording] as const);
const bytesOf = (recording: Recording) => new TextEncoder().encode(recording.text);

/** The wire as its documentation shows it, without looking. */
interface NaivePart {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: {
    readonly name?: string;
    readonly args?: Json;
    readonly willContinue?: boolean;
    readonly partialArgs?: readonly { readonly jsonPath: string; readonly stringValue?: string }[];
  };
}
interface NaiveAnswer {
  readonly candidates: readonly {
    readonly content: { readonly parts?: readonly NaivePart[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata: { readonly [name: string]: number };
  readonly modelVersion: string;
  readonly responseId: string;
}

describe.runIf(RECORDINGS !== undefined)('recordings of the Gemini API', { timeout: 60_000 }, () => {
  it('are there', () => {
    expect(named(true).length).toBeGreaterThanOrEqual(5);
    expect(named(false).length).toBeGreaterThanOrEqual(3);
  });

  it.each(named(true))('%s decodes without loss', (_, recording) => {
    expect(summaryOf(foldEvents(decodeBytes([bytesOf(recording)])))).toEqual(
      naive(recording.values as unknown as readonly NaiveAnswer[]),
    );
  });

  it.each(named(false))('%s decodes without loss', (_, recording) => {
    const [answer] = recording.values;
    expect(summaryOf(foldEvents(provider.decodeResponse(answer ?? null)))).toEqual(
      naive(recording.values as unknown as readonly NaiveAnswer[]),
    );
  });

  it.each(named(true))('%s, cut at every byte, gives the same frames and events', (_, recording) => {
    const bytes = bytesOf(recording);
    const whole = JSON.stringify(framesOf([bytes]));
    // Every byte of the short ones; of the long ones, where that would take minutes, a prime stride through all.
    const stride = bytes.length < 8_000 ? 1 : 97;
    for (let cut = 0; cut < bytes.length; cut += stride) {
      expect(JSON.stringify(framesOf([bytes.subarray(0, cut), bytes.subarray(cut)]))).toBe(whole);
    }
    expect(decodeBytes([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(decodeBytes([bytes]));
  });

  it('tell a rate limit with its wait', () => {
    const recording = recordings.find(({ name }) => name.includes('429'));
    expect(provider.decodeError({ status: 429, headers: {}, body: recording?.text ?? '' })).toMatchObject({
      kind: 'upstream-throttled',
      retryAfterMs: 34_400,
      upstreamCode: 'RESOURCE_EXHAUSTED',
    });
  });
});

function framesOf(chunks: readonly Uint8Array[]): Json {
  const framer = createSseFramer();
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()].map(({ data, raw }) => [data, raw]);
}

interface Summary {
  readonly id: unknown;
  readonly model: unknown;
  readonly reason: unknown;
  readonly text: string;
  readonly thoughts: string;
  readonly signatures: readonly unknown[];
  readonly calls: readonly unknown[];
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
}

function summaryOf(reply: ChatReply): Summary {
  const [choice] = reply.choices;
  const parts = choice?.blocks ?? [];
  const pick = <T extends AssistantPart['type']>(type: T) =>
    parts.filter((part): part is Extract<AssistantPart, { type: T }> => part.type === type);
  const calls = pick('tool-call');
  // Ids are ours, and no two are the same.
  expect(new Set(calls.map((call) => call.id)).size).toBe(calls.length);
  return {
    id: reply.id,
    model: reply.model,
    reason: choice?.rawReason,
    text: pick('text')
      .map((part) => part.text)
      .join(''),
    thoughts: pick('reasoning')
      .map((part) => part.text)
      .join(''),
    signatures: [...pick('reasoning'), ...calls].flatMap((part) => part.signature?.value ?? []),
    calls: calls.map((call) => [call.name, JSON.parse(call.arguments)]),
    input: reply.usage === undefined ? 0 : totalInputTokens(reply.usage),
    output: reply.usage?.outputTokens ?? 0,
    reasoning: reply.usage?.reasoningTokens ?? 0,
  };
}

function naive(answers: readonly NaiveAnswer[]): Summary {
  const parts = answers.flatMap((answer) => answer.candidates.flatMap(({ content }) => content.parts ?? []));
  const calls: [string, Record<string, string>][] = [];
  for (const { functionCall: call } of parts) {
    if (call?.name !== undefined) calls.push([call.name, { ...(call.args as Record<string, string> | undefined) }]);
    for (const piece of call?.partialArgs ?? []) {
      const args = calls.at(-1)?.[1] ?? {};
      const name = piece.jsonPath.replace('$.', '');
      args[name] = (args[name] ?? '') + (piece.stringValue ?? '');
    }
  }
  const usage = answers.findLast((answer) => answer.usageMetadata.promptTokenCount !== undefined)?.usageMetadata ?? {};
  const first = answers[0];
  return {
    id: first?.responseId,
    model: first?.modelVersion,
    reason: answers.findLast((answer) => answer.candidates[0]?.finishReason)?.candidates[0]?.finishReason,
    text: parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join(''),
    thoughts: parts.map((part) => (part.thought === true ? (part.text ?? '') : '')).join(''),
    signatures: parts.flatMap((part) => part.thoughtSignature ?? []),
    calls,
    input: usage.promptTokenCount ?? 0,
    output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
    reasoning: usage.thoughtsTokenCount ?? 0,
  };
}
