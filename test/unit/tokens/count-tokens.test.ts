import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tiktoken } from 'js-tiktoken/lite';
import ranks from 'js-tiktoken/ranks/o200k_base';
import { describe, expect, it } from 'vitest';
import { createBytePairs } from '../../../functions/adapters/byte-pairs.ts';
import { createTokenCounter } from '../../../functions/adapters/count-tokens.ts';
import type { ChatRequest, ContentPart } from '../../../functions/core/chat.ts';
import { estimateInputTokens } from '../../../functions/ledger/estimate-tokens.ts';
import { chatRequest } from '../../support/chat-request.ts';
import { growth } from '../../support/growth.ts';

const counter = createTokenCounter();
const bytePairs = createBytePairs(ranks);
/** OpenAI's own algorithm, slow and exact. */
const tiktoken = new Tiktoken(ranks);
const exactly = (text: string): number => tiktoken.encode(text, [], []).length;

function chat(content: string | readonly ContentPart[], fields: Partial<ChatRequest> = {}): ChatRequest {
  const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
  const messages = [{ role: 'user' as const, content: parts }];
  return chatRequest({ messages, ...fields });
}

/** Without what stands around the text. */
const EMPTY = await counter.count(chat(''), 'gpt-5');
const countText = async (text: string): Promise<number> => (await counter.count(chat(text), 'gpt-5')) - EMPTY;

const SOURCES = readdirSync('functions', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join('functions', name), 'utf8'));

describe('counts what js-tiktoken counts', () => {
  it('in sources, over the borders of windows', async () => {
    const text = SOURCES.slice(0, 40).join('\n');
    expect(text.length).toBeGreaterThan(50_000);
    const exact = exactly(text);
    // Where no word is near a border, a token may come apart there.
    expect(Math.abs((await countText(text)) - exact)).toBeLessThanOrEqual(text.length / 16_384);
    expect(bytePairs.count(text)).toBe(exact);
  });

  it.each([
    'The quick brown fox jumps over the lazy dog.',
    'Grüße aus Köln, 北京, Москва und تونس 👩‍💻🇩🇪 e\u0301',
    'func(x) {\n\t\treturn x?.y ?? [1234567, "it\'s"];\r\n}\n\n\n',
    '   leading, trailing   ',
    '<|endoftext|><|endofprompt|><|im_start|>',
    '\u0000\u0001\ufffd\ud800 lone \udc00',
    '',
  ])('%j', async (text) => {
    expect(await countText(text)).toBe(exactly(text));
  });

  it('in any text whose words are not endless', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.lorem(),
      fc.constantFrom(' ', '\n', "'s", '  \n ', '<|endoftext|>', '//', '…'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join('');
        expect(bytePairs.count(text)).toBe(exactly(text));
      }),
      { numRuns: 500 },
    );
  });

  it('in windows, wherever words begin', async () => {
    const words = fc.array(fc.lorem({ maxCount: 400 }), { minLength: 12, maxLength: 12 }).map((all) => all.join(' '));
    await fc.assert(
      fc.asyncProperty(words, async (text) => {
        expect(await countText(text)).toBe(exactly(text));
      }),
      { numRuns: 10 },
    );
  });
});

describe('text without a break', () => {
  it.each(['a', 'A', ' ', '\n', '-', '😀', '字', '\u200d', 'x1'])('of %j is counted within 2 per cent', (unit) => {
    const text = unit.repeat(400);
    expect(bytePairs.count(text)).toBeGreaterThanOrEqual(exactly(text) * 0.98);
    expect(bytePairs.count(text)).toBeLessThanOrEqual(exactly(text) * 1.02 + 2);
  });

  const random = (letters: string) => (size: number) => {
    let state = 1;
    let text = '';
    const units = [...letters];
    while (text.length < size) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      text += units[(state >>> 8) % units.length];
    }
    return text;
  };

  it.each<[string, (size: number) => string]>([
    ['one letter', (size) => 'a'.repeat(size)],
    ['spaces', (size) => ' '.repeat(size)],
    ['random letters', random('abcdefghijklmnopqrstuvwxyz')],
    ['random emoji', random('😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰')],
  ])('of %s costs in proportion to its length', { timeout: 30_000 }, (_, text) => {
    // 1 MB of each takes 8, 10, 340 and 170 ms on two shared cores (`npm run bench -- tokens`). Eight times the text may take at
    // most twice eight times as long; what is quadratic takes 64 times.
    const texts = new Map([16_384, 131_072].map((size) => [size, text(size)]));
    expect(growth((size) => bytePairs.count(texts.get(size) ?? ''), 16_384, 131_072)).toBeLessThan(16);
  });

  it('lets others work in between', async () => {
    let turns = 0;
    const turn = setInterval(() => {
      turns += 1;
    }, 0);
    await counter.count(chat(random('abcdefghijklmnopqrstuvwxyz')(300_000)), 'gpt-5');
    clearInterval(turn);
    expect(turns).toBeGreaterThan(5);
  });
});

describe('what is not text', () => {
  const text = SOURCES[0] ?? '';

  it('depends on the family of the model', async () => {
    const count = async (model: string) =>
      (await counter.count(chat(text), model)) - (await counter.count(chat(''), model));
    const exact = exactly(text);
    expect(await count('gpt-5')).toBe(exact);
    expect((await count('us.anthropic.claude-sonnet-4-5-v1:0')) / exact).toBeCloseTo(1.22, 1);
    expect((await count('claude-3-5-haiku-latest')) / exact).toBeCloseTo(1.22, 1);
    expect((await count('claude-opus-4-7')) / exact).toBeCloseTo(1.45, 1);
    expect((await count('anthropic/claude-opus-4.7')) / exact).toBeCloseTo(1.45, 1);
    expect((await count('claude-fable-5')) / exact).toBeCloseTo(1.45, 1);
    expect((await count('gemini-3-pro')) / exact).toBeCloseTo(1.08, 1);
    expect((await count('mistral-large')) / exact).toBeCloseTo(1.03, 1);
  });

  it('is counted once for each part, and under the estimate that is reserved', async () => {
    const image: ContentPart = { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } };
    const request = chat([{ type: 'text', text }, image], {
      tools: [
        { kind: 'function', name: 'find', description: 'Finds.', parameters: { type: 'object', properties: {} } },
        { kind: 'provider', origin: 'gemini', name: 'search', data: {} },
      ],
      responseFormat: { type: 'json-schema', name: 'answer', schema: { type: 'object' } },
    });
    for (const model of ['gpt-5', 'claude-opus-5', 'gemini-3-pro']) {
      const count = await counter.count(request, model);
      expect(count).toBeGreaterThan(await counter.count(chat(text), model));
      expect(count).toBeLessThan(estimateInputTokens(request));
    }
    const without = await counter.count(chat([{ type: 'text', text }]), 'gpt-5');
    expect(await counter.count(chat([{ type: 'text', text }, image]), 'gpt-5')).toBe(without + 765);
    expect(
      await counter.count(
        chat([
          { type: 'text', text },
          { ...image, detail: 'low' },
        ]),
        'gpt-5',
      ),
    ).toBe(without + 85);
  });
});
