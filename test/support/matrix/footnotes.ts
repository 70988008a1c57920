/** What a provider or a client cannot do, and what happens instead: nothing is skipped without a word. */
import type { Client } from './client.ts';
import { AI_SDK, OPENAI_SDK } from './names.ts';
import type { Provider } from './providers.ts';

export interface Footnote {
  readonly cases: readonly string[];
  /** Dialects or names of clients; all where absent. */
  readonly clients?: readonly string[];
  /** Names of providers; all where absent. */
  readonly providers?: readonly string[];
  readonly reason: string;
  /** Where the request is refused, with 400: what the message has to say. Otherwise the cell passes as all others do. */
  readonly refusal?: RegExp;
}

const CHAT = 'openai-chat';
const RESPONSES = 'openai-responses';
const MESSAGES = 'anthropic-messages';
const GEMINI = 'gemini';

export const FOOTNOTES: readonly Footnote[] = [
  {
    cases: ['rare'],
    clients: [CHAT, GEMINI],
    providers: ['responses', 'anthropic', 'bedrock'],
    reason: '`seed`: neither the Responses API nor Claude, at Anthropic or on Bedrock, has one. 400 with its name.',
    refusal: /cannot take \W*seed/,
  },
  {
    cases: ['rare'],
    clients: [RESPONSES],
    providers: ['anthropic', 'bedrock'],
    reason: '`top_logprobs`: Claude gives no probabilities. 400 with its name.',
    refusal: /cannot take .*top_logprobs/,
  },
  {
    cases: ['rare'],
    clients: [MESSAGES],
    providers: ['openai', 'responses'],
    reason: '`top_k`: OpenAI has none. 400 with its name.',
    refusal: /cannot take \W*top_k/,
  },
  {
    cases: ['image-url'],
    providers: ['gemini', 'bedrock'],
    reason:
      'The provider is not given URLs: the gateway fetches the image itself, from public addresses only. Here the address is a private one: 400, and nothing is sent.',
    refusal: /cannot be fetched: its host has no public address/,
  },
  {
    cases: ['refusal'],
    providers: ['bedrock'],
    reason: 'Converse has no word for a refusal: it is what the model says, and the answer is finished.',
  },
  {
    cases: ['refusal'],
    providers: ['gemini'],
    reason: 'Gemini blocks a prompt without a word: the answer is empty, and marked as refused.',
  },
  {
    cases: ['reasoning'],
    clients: [AI_SDK],
    providers: ['responses', 'anthropic', 'bedrock'],
    reason:
      'The AI SDK keeps the text of reasoning and the signatures of calls, and has no place for other proofs: the second turn goes on without them.',
  },
  {
    cases: ['reasoning'],
    clients: [OPENAI_SDK],
    providers: ['openai'],
    reason:
      "DeepSeek, whose proof is the text of its reasoning itself. Of a stream, OpenAI's own accumulator keeps the last piece of a field that it does not know, and sends that back; whole answers come back as they were.",
  },
  {
    cases: ['reasoning'],
    providers: ['openai'],
    reason: 'DeepSeek, whose proof is the text of its reasoning itself: OpenAI hides its own in Chat Completions.',
  },
];

export function findFootnote(id: string, client: Client, provider: Provider): Footnote | undefined {
  return FOOTNOTES.find(
    ({ cases, clients, providers }) =>
      cases.includes(id) &&
      (clients === undefined || clients.some((name) => name === client.name || name === client.dialect)) &&
      (providers === undefined || providers.includes(provider.name)),
  );
}
