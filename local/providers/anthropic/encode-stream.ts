import type { JsonObject } from '../../../functions/core/json.ts';
import type { Reply, Script, Step } from '../provider.ts';
import { type ContentBlock, contentOf, hiddenTokens } from './content.ts';
import { encodeFinalUsage, encodeStop, encodeUsage, messageId } from './encode-whole.ts';

const PING = event({ type: 'ping' });

export function encodeStream(reply: Reply): Script {
  const [answer] = reply.answers;
  const blocks = contentOf(reply);
  const steps = blocks.flatMap(encodeBlock);
  const hidden = hiddenTokens(answer, blocks);
  if (hidden > 0) steps.push({ text: '', tokens: hidden, reasoning: false });
  const usage = reply.omitUsage ? undefined : encodeFinalUsage(reply.usage);
  return {
    head: encodeStart(reply) + (blocks.length === 0 ? PING : ''),
    steps,
    tail: event({ type: 'message_delta', delta: encodeStop(answer), usage }),
    done: event({ type: 'message_stop' }),
  };
}

function encodeStart(reply: Reply): string {
  // The count of output tokens is a first guess here: the last event's stands.
  const usage = reply.omitUsage ? undefined : encodeUsage({ ...reply.usage, outputTokens: 1, reasoningTokens: 0 });
  const message: JsonObject = {
    model: reply.model,
    id: messageId(reply),
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage,
  };
  return event({ type: 'message_start', message });
}

/** A step for each token; what opens and closes the block goes with the first and the last. */
function encodeBlock(block: ContentBlock, index: number): readonly Step[] {
  const start = event({ type: 'content_block_start', index, content_block: block.start }) + (index === 0 ? PING : '');
  const stop =
    (block.closing === undefined ? '' : event({ type: 'content_block_delta', index, delta: block.closing })) +
    event({ type: 'content_block_stop', index });
  const { reasoning } = block;
  const before = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":`;
  const texts = block.deltas.map((delta) => `${before}${JSON.stringify(delta)}}\n\n`);
  // Thoughts that are not shown take their time in one piece; a call's empty first delta carries no token.
  if (texts.length === 0) return [{ text: start + stop, tokens: block.tokenCount, reasoning }];
  const extra = texts.length - block.tokenCount;
  const first = texts.slice(0, extra + 1).join('');
  const rest = texts.slice(extra + 1);
  return [first, ...rest].map((text, position) => ({
    text: (position === 0 ? start : '') + text + (position === rest.length ? stop : ''),
    tokens: 1,
    reasoning,
  }));
}

function event(data: JsonObject): string {
  return `event: ${String(data.type)}\ndata: ${JSON.stringify(data)}\n\n`;
}
