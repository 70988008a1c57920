import type { JsonObject } from '../../../functions/core/json.ts';
import type { Reply, Script, Step } from '../provider.ts';
import { type ContentBlock, contentOf, hiddenTokens } from './content.ts';
import { encodeStop, encodeUsage } from './encode-whole.ts';
import { event } from './event-stream.ts';

export function encodeStream(reply: Reply): Script {
  const [answer] = reply.answers;
  const blocks = contentOf(reply);
  const steps = blocks.flatMap(encodeBlock);
  const hidden = hiddenTokens(answer, blocks);
  if (hidden > 0) steps.push({ text: '', tokens: hidden, reasoning: false });
  const usage = reply.omitUsage ? {} : { usage: encodeUsage(reply.usage) };
  return {
    head: padded('messageStart', { role: 'assistant' }),
    steps,
    tail: padded('messageStop', encodeStop(reply)),
    done: padded('metadata', { metrics: { latencyMs: 512 }, ...usage }),
    contentType: 'application/vnd.amazon.eventstream',
    encoding: 'latin1',
  };
}

/** A step for each token; what opens and closes the block goes with the first and the last. */
function encodeBlock(block: ContentBlock, contentBlockIndex: number): readonly Step[] {
  const start = block.start === undefined ? '' : padded('contentBlockStart', { start: block.start, contentBlockIndex });
  const delta = (value: JsonObject): string => padded('contentBlockDelta', { delta: value, contentBlockIndex });
  const stop =
    (block.closing === undefined ? '' : delta(block.closing)) + padded('contentBlockStop', { contentBlockIndex });
  const last = block.deltas.length - 1;
  // What is hidden takes its time in one piece.
  const each = block.deltas.length === 1 ? block.tokenCount : 1;
  return block.deltas.map((value, position) => ({
    text: (position === 0 ? start : '') + delta(value) + (position === last ? stop : ''),
    tokens: each,
    reasoning: block.reasoning,
  }));
}

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** `p` hides how long an event is from those who only see its encrypted length. */
function padded(name: string, body: JsonObject): string {
  return event(name, { ...body, p: PADDING.slice(0, 1 + (JSON.stringify(body).length % PADDING.length)) });
}
