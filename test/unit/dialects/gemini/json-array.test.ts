import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../functions/core/errors.ts';
import { foldEvents } from '../../../../functions/core/fold.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { geminiClient as client } from '../../../../functions/dialects/gemini/index.ts';
import { chatRequest } from '../../../support/chat-request.ts';
import { answer } from './answer.ts';
import { CONTEXT, decodeChunks, encodeStream } from './support.ts';

describe('a stream as a JSON array', () => {
  it('is one array, whatever happens in it', () => {
    const text = encodeStream(answer, 'json-array');
    const chunks = JSON.parse(text) as readonly JsonObject[];
    expect(chunks.length).toBeGreaterThan(5);
    const read = foldEvents(decodeChunks(chunks));
    expect(read.choices[0]?.blocks.filter((block) => block.type === 'text')).toEqual([
      { type: 'text', text: 'Ich sehe nach 東京.' },
    ]);
    expect(read.choices[0]).toMatchObject({ finish: 'tool-calls' });
    expect(read.usage).toEqual(foldEvents(answer).usage);

    const error = new GatewayError('upstream-truncated', 'x');
    const format = 'json-array' as const;
    const before = client.createEncoder(chatRequest(), { ...CONTEXT, format });
    expect(JSON.parse(before.fail(error))).toMatchObject([{ error: { code: 502 } }]);
    const within = client.createEncoder(chatRequest(), { ...CONTEXT, format });
    const head = answer
      .slice(0, 4)
      .map((event) => within.push(event))
      .join('');
    expect(JSON.parse(head + within.fail(error))).toMatchObject([
      { candidates: [{}] },
      { candidates: [{}] },
      { error: {} },
    ]);
  });
});
