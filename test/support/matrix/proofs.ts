/** What proves a provider's reasoning: found in what providers issue and in what they are sent. */
import { isJsonObject, type Json } from '../../../functions/core/json.ts';
import type { JournalEntry } from '../../../local/providers/journal.ts';

const FIELDS = new Set(['signature', 'thoughtSignature', 'encrypted_content', 'redactedContent', 'reasoning_content']);

/** In the order in which they stand there. */
export function findProofs(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(findProofs);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const isProof = FIELDS.has(name) || (name === 'data' && value.type === 'redacted_thinking');
    return isProof && typeof item === 'string' ? [item] : findProofs(item as Json);
  });
}

/**
 * What the provider issued in its answer to this request. The simulated ones answer the same to the same question, streamed
 * or whole: so it is asked once more, past the gateway.
 */
export async function issuedFor(providersUrl: string, entry: JournalEntry): Promise<readonly string[]> {
  const path = entry.path.replace(/converse-stream$/, 'converse').replace(':streamGenerateContent', ':generateContent');
  const { stream: _stream, stream_options: _options, ...body } = JSON.parse(entry.body) as { [name: string]: Json };
  const response = await fetch(`${providersUrl}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer again',
      'x-api-key': 'again',
      'x-goog-api-key': 'again',
      'anthropic-version': '2023-06-01',
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`The provider refused to repeat its answer: ${await response.text()}`);
  return findProofs((await response.json()) as Json);
}

export function sentIn(entry: JournalEntry): readonly string[] {
  return findProofs(JSON.parse(entry.body) as Json);
}
