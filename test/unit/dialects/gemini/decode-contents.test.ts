import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { errorOf } from '../../../support/error-of.ts';
import { growth } from '../../../support/growth.ts';
import { decode } from './support.ts';
import { model, user } from './turns.ts';

const contents = (...turns: readonly JsonObject[]) => decode({ contents: turns }).messages;

describe('contents', () => {
  it('pair results with calls by id, whatever the order', () => {
    expect(
      contents(
        user({ text: 'go' }),
        model({ functionCall: { id: 'a', name: 'f', args: { n: 1 } } }, { functionCall: { id: 'b', name: 'f' } }),
        user(
          { functionResponse: { id: 'b', name: 'f', response: { output: 'second' } } },
          { functionResponse: { id: 'a', name: 'f', response: { error: 'first' } } },
          { text: 'and now' },
        ),
      ).slice(1),
    ).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', kind: 'function', id: 'a', name: 'f', arguments: '{"n":1}' },
          { type: 'tool-call', kind: 'function', id: 'b', name: 'f', arguments: '{}' },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', callId: 'b', content: [{ type: 'text', text: 'second' }] },
          { type: 'tool-result', callId: 'a', content: [{ type: 'text', text: 'first' }], isError: true },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'and now' }] },
    ]);
  });

  it('give calls without ids distinct ones, and pair their results by name and order', () => {
    const [, calls, results] = contents(
      user({ text: 'go' }),
      model({ functionCall: { name: 'f' } }, { functionCall: { name: 'g' } }, { functionCall: { name: 'f' } }),
      {
        role: 'function',
        parts: ['g', 'f', 'f'].map((name) => ({ functionResponse: { name, response: { a: name } } })),
      },
    );
    expect(calls).toMatchObject({ content: [{ id: 'call_1_0' }, { id: 'call_1_1' }, { id: 'call_1_2' }] });
    expect(results).toMatchObject({
      content: [
        { callId: 'call_1_1', content: [{ text: '{"a":"g"}' }] },
        { callId: 'call_1_0', content: [{ text: '{"a":"f"}' }] },
        { callId: 'call_1_2', content: [{ text: '{"a":"f"}' }] },
      ],
    });
  });

  it('pair a result of an unknown id by its name, where the call had none', () => {
    const messages = contents(
      model({ functionCall: { name: 'f' } }),
      user({ functionResponse: { id: 'made-up', name: 'f', response: {} } }),
    );
    expect(messages[1]).toMatchObject({ content: [{ callId: 'call_0_0', content: [{ text: '{}' }] }] });
  });

  it('let a call be answered once', () => {
    const response = { functionResponse: { name: 'f', response: {} } };
    const error = errorOf(() => contents(model({ functionCall: { name: 'f' } }), user(response, response)));
    expect(error.param).toBe('contents[1].parts[1].functionResponse.name');
  });

  it('take media in results', () => {
    const image = { inlineData: { mimeType: 'image/png', data: 'AA' } };
    const [, result] = contents(
      model({ functionCall: { id: 'a', name: 'f' } }),
      user({ functionResponse: { id: 'a', name: 'f', response: {}, parts: [image] } }),
    );
    expect(result).toMatchObject({
      content: [{ content: [{ type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'AA' } }] }],
    });
  });

  it('put the chunks of a stream together again, up to each signature', () => {
    const messages = contents(
      model({ text: 'Let me ', thought: true }),
      model({ text: 'think', thought: true }, { text: '', thought: true, thoughtSignature: 'c2ln' }),
      model({ text: 'more', thought: true }),
      model({ text: 'Hel' }),
      model({ text: 'lo' }, { text: '' }),
      model({ functionCall: { id: 'a', name: 'f' }, thoughtSignature: 'Y2FsbA==' }),
      model({ text: '!', thoughtSignature: 'dGV4dA==' }),
      model({ text: '?' }),
      model({ text: '', thoughtSignature: 'ZW5k' }),
    );
    expect(messages).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Let me think', signature: { origin: 'gemini', value: 'c2ln' } },
          { type: 'reasoning', text: 'more' },
          { type: 'text', text: 'Hello' },
          {
            type: 'tool-call',
            kind: 'function',
            id: 'a',
            name: 'f',
            arguments: '{}',
            signature: { origin: 'gemini', value: 'Y2FsbA==' },
          },
          { type: 'text', text: '!', extensions: { gemini: { signature: 'dGV4dA==' } } },
          { type: 'text', text: '?' },
          { type: 'reasoning', text: '', signature: { origin: 'gemini', value: 'ZW5k' } },
        ],
      },
    ]);
  });

  it('know which files are Google’s own, and leave what they do not know as it is', () => {
    const own = 'https://generativelanguage.googleapis.com/v1beta/files/abc';
    const [message] = contents(
      user(
        { fileData: { fileUri: own, mimeType: 'application/pdf' } },
        { fileData: { fileUri: 'gs://bucket/x.png', mimeType: 'image/png' } },
        { fileData: { fileUri: 'https://example.org/a.mp3', mimeType: 'audio/mp3' } },
        { fileData: { fileUri: 'https://example.org/a' }, videoMetadata: { fps: 1 } },
        { executableCode: { code: 'print(1)', language: 'PYTHON' } },
      ),
    );
    expect(message?.content).toEqual([
      { type: 'file', source: { type: 'reference', origin: 'gemini', id: own } },
      { type: 'image', source: { type: 'reference', origin: 'gemini', id: 'gs://bucket/x.png' } },
      { type: 'audio', source: { type: 'url', url: 'https://example.org/a.mp3', mediaType: 'audio/mp3' } },
      {
        type: 'file',
        source: { type: 'url', url: 'https://example.org/a' },
        extensions: { gemini: { videoMetadata: { fps: 1 } } },
      },
      { type: 'opaque', origin: 'gemini', data: { executableCode: { code: 'print(1)', language: 'PYTHON' } } },
    ]);
  });

  it('take time in proportion to their number', () => {
    const many = (count: number) => () => {
      const turns = Array.from({ length: count }, () => [
        model({ functionCall: { name: 'f' } }),
        user({ functionResponse: { name: 'f', response: {} } }),
      ]).flat();
      const calls = model(...Array.from({ length: count }, () => ({ functionCall: { name: 'f' } })));
      const answers = user(...Array.from({ length: count }, () => ({ functionResponse: { name: 'f', response: {} } })));
      contents(...turns, calls, answers);
    };
    expect(growth((size) => many(size)(), 1_000, 8_000)).toBeLessThan(24);
  });
});
