/** Providers that think and sign nothing want the text of it back: whatever the client speaks, it has to survive its turn. */
import { describe, expect, it } from 'vitest';
import type { ChatEvent, ClientDialect } from '../../../functions/core/chat.ts';
import type { Json, JsonObject } from '../../../functions/core/json.ts';
import { PRESETS } from '../../../functions/core/presets.ts';
import { quirksOf } from '../../../functions/core/quirks.ts';
import { readList, readObject } from '../../../functions/core/read.ts';
import { clientCodec, providerCodec } from '../../../functions/dialects/index.ts';

const THOUGHT = 'Weather is asked for: call the tool.';
const deepseekAnswer = {
  id: 'x1',
  object: 'chat.completion',
  created: 1,
  model: 'deepseek-reasoner',
  choices: [
    {
      index: 0,
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'I look.',
        reasoning_content: THOUGHT,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
      },
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

type SecondTurn = (answer: JsonObject) => JsonObject;

/** What a client sends that keeps what it was given. */
const SECOND_TURNS: { readonly [D in ClientDialect]: SecondTurn } = {
  'openai-chat': (answer) => ({
    model: 'm',
    messages: [
      { role: 'user', content: 'Rome?' },
      readObject(readObject(readList(answer.choices)[0]).message),
      { role: 'tool', tool_call_id: 'call_1', content: 'sun' },
    ],
  }),
  'openai-responses': (answer) => ({
    model: 'm',
    input: [
      { role: 'user', content: 'Rome?' },
      ...readList(answer.output),
      { type: 'function_call_output', call_id: 'call_1', output: 'sun' },
    ],
  }),
  'anthropic-messages': (answer) => ({
    model: 'm',
    max_tokens: 100,
    messages: [
      { role: 'user', content: 'Rome?' },
      { role: 'assistant', content: readList(answer.content) },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'sun' }] },
    ],
  }),
  gemini: (answer) => ({
    contents: [
      { role: 'user', parts: [{ text: 'Rome?' }] },
      readObject(readObject(readList(answer.candidates)[0]).content),
      { role: 'user', parts: [{ functionResponse: { name: 'weather', id: 'call_1', response: { output: 'sun' } } }] },
    ],
  }),
};

function secondTurn(dialect: ClientDialect, preset: string): Json | undefined {
  const client = clientCodec(dialect);
  const provider = providerCodec('openai-chat');
  const events: readonly ChatEvent[] = provider.decodeResponse(deepseekAnswer);
  const answer = client.encodeResponse(events, { requestId: 'r', createdAt: 1 });
  const request = client.decodeRequest(SECOND_TURNS[dialect](answer), { model: 'm', stream: false });
  const quirks = quirksOf(PRESETS[preset]?.quirks);
  const { body } = provider.encodeRequest(request, { model: 'm', defaultMaxOutputTokens: 100, quirks });
  return readList(body.messages).find((message) => readObject(message).role === 'assistant');
}

describe.each(Object.keys(SECOND_TURNS) as ClientDialect[])('a second turn of a client of %s', (dialect) => {
  it('brings the reasoning of DeepSeek back to DeepSeek', () => {
    expect(secondTurn(dialect, 'deepseek')).toMatchObject({
      content: 'I look.',
      reasoning_content: THOUGHT,
      tool_calls: [{ id: 'call_1', function: { name: 'weather' } }],
    });
  });

  it('says it in the words of the provider, and nothing where it is refused', () => {
    const renamed = Object.keys(PRESETS).find((name) => PRESETS[name]?.quirks?.reasoningField === 'reasoning') ?? '';
    expect(secondTurn(dialect, renamed)).toMatchObject({ reasoning: THOUGHT });
    const refused = Object.keys(PRESETS).find((name) => PRESETS[name]?.quirks?.reasoningField === 'none') ?? '';
    expect(JSON.stringify(secondTurn(dialect, refused))).not.toContain(THOUGHT);
  });
});
