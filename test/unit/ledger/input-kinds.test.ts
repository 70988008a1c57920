import { expect, test } from 'vitest';
import type { ChatRequest, ContentPart } from '../../../functions/core/chat.ts';
import { inputKinds } from '../../../functions/ledger/input-kinds.ts';
import { chatRequest } from '../../support/chat-request.ts';

const asking = (content: readonly ContentPart[], change: Partial<ChatRequest> = {}): ChatRequest =>
  chatRequest({ messages: [{ role: 'user', content }], ...change });
const text = { type: 'text', text: 'Hello' } as const;
const file = (mediaType?: string): ContentPart => ({
  type: 'file',
  source: { type: 'url', url: 'https://example.com/x', ...(mediaType === undefined ? {} : { mediaType }) },
});
const inTool = (content: readonly ContentPart[]): ChatRequest =>
  asking([], { messages: [{ role: 'tool', content: [{ type: 'tool-result', callId: '1', content }] }] });

/** biome-ignore format: a table is read by its columns */
test.each<[string, ChatRequest, boolean, boolean]>([
  // request                                                                                        audio  one hour
  ['text',                       asking([text]),                                                     false, false],
  ['a cache for five minutes',   asking([{ ...text, cache: { ttl: '5m' } }]),                        false, false],
  ['a cache for an hour',        asking([{ ...text, cache: { ttl: '1h' } }]),                        false, true],
  ['the same in a tool result',  inTool([{ ...text, cache: { ttl: '1h' } }]),                        false, true],
  ['the same on a tool',         asking([text], { tools: [{ kind: 'function', name: 'f', parameters: {}, cache: { ttl: '1h' } }] }), false, true],
  ['the same, not modelled',     asking([text], { extensions: { 'anthropic-messages': { cache_control: { type: 'ephemeral', ttl: '1h' } } } }), false, true],
  ['audio',                      asking([{ type: 'audio', source: { type: 'base64', mediaType: 'audio/wav', data: '' } }]), true, false],
  ['audio in a tool result',     inTool([{ type: 'audio', source: { type: 'base64', mediaType: 'audio/wav', data: '' } }]), true, false],
  ['a PDF',                      asking([file('application/pdf')]),                                  false, false],
  ['a video',                    asking([file('video/mp4')]),                                        true,  false],
  ['a file of unknown kind',     asking([file()]),                                                   true,  false],
  ['what no one can look into',  asking([{ type: 'opaque', origin: 'gemini', data: {} }]),           true,  true],
])('%s', (_, request, audio, cacheWrite1h) => {
  expect(inputKinds(request)).toEqual({ audio, cacheWrite1h, terms: [] });
});
