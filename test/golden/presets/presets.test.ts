/**
 * What each preset makes of one rich request: where it goes and what is in it. The files are read and judged by people,
 * beside the provider's documentation; `npx vitest run --project golden test/golden/presets -u` writes them anew.
 */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../functions/core/chat.ts';
import { parseConfig } from '../../../functions/core/config.ts';
import { variablesOf } from '../../../functions/core/expand-preset.ts';
import { PRESETS } from '../../../functions/core/presets.ts';
import { quirksOf } from '../../../functions/core/quirks.ts';
import { urlKinds } from '../../../functions/core/remote-media.ts';
import { providerCodec } from '../../../functions/dialects/index.ts';

/** A client's second turn after tools, with something of everything that providers differ in. */
const REQUEST: ChatRequest = {
  model: 'smart',
  stream: true,
  includeUsage: false,
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'Answer in one sentence.' }] },
    {
      role: 'user',
      name: 'ada',
      content: [
        { type: 'text', text: 'What is the weather where this was taken?' },
        { type: 'image', source: { type: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgo=' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        {
          type: 'reasoning',
          text: 'That is Oslo.',
          signature: { origin: 'anthropic-messages', value: 'c2lnbmVk' },
        },
        { type: 'tool-call', id: 'toolu_01A', name: 'weather', arguments: '{"city":"Oslo"}', kind: 'function' },
      ],
    },
    {
      role: 'tool',
      content: [{ type: 'tool-result', callId: 'toolu_01A', content: [{ type: 'text', text: '-4 °C' }] }],
    },
    { role: 'assistant', content: [{ type: 'text', text: 'It is -4 °C in Oslo.' }] },
    { role: 'user', content: [{ type: 'text', text: 'Thank you.' }] },
    { role: 'user', content: [{ type: 'text', text: 'And tomorrow?' }] },
  ],
  tools: [
    {
      kind: 'function',
      name: 'weather',
      description: 'The weather of a city.',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  ],
  toolChoice: { type: 'auto' },
  maxOutputTokens: 4_096,
  temperature: 0.2,
  topP: 0.9,
  stop: ['END'],
  seed: 7,
  presencePenalty: 0.1,
  frequencyPenalty: 0,
  candidates: 1,
  logprobs: true,
  responseFormat: {
    type: 'json-schema',
    name: 'answer',
    strict: true,
    schema: {
      type: 'object',
      properties: { answer: { type: 'string' } },
      required: ['answer'],
      additionalProperties: false,
    },
  },
  reasoning: { effort: 'high' },
  endUser: 'user-1',
  promptCacheKey: 'chat-1',
  extensions: {},
};

const VARIABLES: { readonly [name: string]: string } = {
  resource: 'my-resource',
  project: 'my-project',
  location: 'europe-west4',
  region: 'us-east-1',
};

function expanded(preset: string) {
  const variables = Object.fromEntries(
    variablesOf(PRESETS[preset] ?? { dialect: 'gemini' }).map((name) => [name, VARIABLES[name]]),
  );
  const address = PRESETS[preset]?.baseUrl === undefined ? { baseUrl: 'http://10.0.1.4:8000/v1' } : {};
  const written = { preset, secret: 'key', ...address, ...(Object.keys(variables).length === 0 ? {} : { variables }) };
  const result = parseConfig({ providers: { p: written } });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const provider = result.config.providers.p;
  if (provider === undefined) throw new Error('there is no provider');
  return { written, provider };
}

describe('presets', () => {
  it.each(Object.keys(PRESETS))('%s', async (preset) => {
    const { written, provider } = expanded(preset);
    const quirks = quirksOf(provider.quirks);
    const { path, headers, body, dropped } = providerCodec(provider.dialect).encodeRequest(REQUEST, {
      model: 'the-model',
      defaultMaxOutputTokens: 8_192,
      quirks,
    });
    const golden = {
      written,
      sentTo: `${provider.baseUrl}${path}`,
      auth: provider.auth ?? 'as the dialect has it',
      headers,
      readsFromUrls: urlKinds(provider.dialect, quirks),
      dropped,
      body,
    };
    await expect(`${JSON.stringify(golden, null, 2)}\n`).toMatchFileSnapshot(`${preset}.json`);
  });

  it('have a file each, and no file is left of one that is gone', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));
    expect(files.toSorted()).toEqual(
      Object.keys(PRESETS)
        .map((name) => `${name}.json`)
        .toSorted(),
    );
  });
});
