/** Looks at what is new to the model: what users and tools say, the newest first. Instructions of the operator are trusted. */
import type { ChatRequest, ContentPart } from '../core/chat.ts';
import type { Trace } from './trace.ts';

/** Characters; what was said before that was new, and looked at, with an earlier request. */
const MOST = 100_000;

export async function observeRequest(trace: Trace): Promise<void> {
  if (trace.asked === undefined || !('messages' in trace.asked)) return;
  // To read its rules takes some ten milliseconds of a process that starts: after its first answer, not in front of it.
  const { observe } = await import('../records/observe.ts');
  trace.flags.push(...observe(textOf(trace.asked as ChatRequest)).flags);
}

function textOf({ messages }: ChatRequest): string {
  const texts: string[] = [];
  let left = MOST;
  for (const message of messages.toReversed()) {
    if (message.role !== 'user' && message.role !== 'tool') continue;
    for (const part of message.content) {
      if (left <= 0) return texts.join('\n');
      const text = part.type === 'tool-result' ? joined(part.content) : textIn(part);
      texts.push(text.slice(0, left));
      left -= text.length;
    }
  }
  return texts.join('\n');
}

const joined = (parts: readonly ContentPart[]): string => parts.map(textIn).join('\n');

const textIn = (part: ContentPart): string => (part.type === 'text' ? part.text : '');
