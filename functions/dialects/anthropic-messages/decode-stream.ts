/** https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { ChatEvent } from '../../core/chat.ts';
import type { Frame, Restore, StreamDecoder } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { usageEvent } from '../../core/usage-event.ts';
import { convertUsage, mergeUsage, termsOf } from './convert-usage.ts';
import { createBlockDecoder } from './decode-block.ts';
import { decodeErrorEvent } from './decode-error.ts';
import { mapFinishReason } from './map-finish-reason.ts';
import {
  blockDeltaSchema,
  blockStartSchema,
  blockStopSchema,
  messageDeltaSchema,
  messageStartSchema,
  readWire,
  type WireStop,
  type WireUsage,
} from './wire.ts';

/** Events of the wire, already parsed, as neutral events. */
export interface WireEventDecoder {
  decode(type: string, value: Json): readonly ChatEvent[];
  end(): readonly ChatEvent[];
  readonly done: boolean;
}

export function createDecoder(restore?: Restore): StreamDecoder {
  const decoder = createWireEventDecoder(restore);
  return {
    push(frame: Frame): readonly ChatEvent[] {
      // `[DONE]` is not of this dialect; some compatible servers send it all the same.
      if (decoder.done || frame.data === '' || frame.data === '[DONE]') return [];
      let value: Json;
      try {
        value = JSON.parse(frame.data) as Json;
      } catch (cause) {
        // Cut in the middle of the last frame: whether that matters is told by what came before it.
        if (frame.incomplete === true) return decoder.end();
        throw new GatewayError('upstream-malformed', 'The provider sent a stream event that is not JSON', { cause });
      }
      const type = isJsonObject(value) && typeof value.type === 'string' ? value.type : (frame.event ?? '');
      return decoder.decode(type, value);
    },
    end: decoder.end,
    get done() {
      return decoder.done;
    },
  };
}

export function createWireEventDecoder(restore?: Restore): WireEventDecoder {
  const blocks = createBlockDecoder(restore);
  let usage: WireUsage | undefined;
  let started = false;
  let finished = false;
  let done = false;

  const start = (id: string, model: string): readonly ChatEvent[] => {
    // Some compatible servers send `message_start` twice, others leave it out.
    if (started) return [];
    started = true;
    return [{ type: 'response-start', id, model }];
  };

  const count = (next: WireUsage | null | undefined): readonly ChatEvent[] => {
    if (next === null || next === undefined) return [];
    usage = mergeUsage(usage, next);
    return [usageEvent(convertUsage(usage), termsOf(usage))];
  };

  const finish = (stop: WireStop | null | undefined): readonly ChatEvent[] => {
    const reason = stop?.stop_reason;
    if (finished || reason === null || reason === undefined) return [];
    finished = true;
    const explanation = reason === 'refusal' ? stop?.stop_details?.explanation : undefined;
    return [
      ...blocks.stopAll(),
      ...(explanation ? blocks.refusal(explanation) : []),
      {
        type: 'finish',
        choice: 0,
        reason: mapFinishReason(reason),
        rawReason: reason,
        ...(stop?.stop_sequence ? { stopSequence: stop.stop_sequence } : {}),
      },
    ];
  };

  return {
    decode(type, value) {
      switch (type) {
        case 'message_start': {
          const { message } = readWire(messageStartSchema, value, type);
          const first = start(message.id ?? '', message.model ?? '');
          // Content is there already in whole answers, and where a stream goes on with a paused turn.
          const content = first.length === 0 ? [] : (message.content ?? []).flatMap((block) => blocks.whole(block));
          return [...first, ...content, ...count(message.usage)];
        }
        case 'content_block_start': {
          const { index, content_block: block } = readWire(blockStartSchema, value, type);
          return [...start('', ''), ...blocks.start(index ?? 0, block)];
        }
        case 'content_block_delta': {
          const { index, delta } = readWire(blockDeltaSchema, value, type);
          return [...start('', ''), ...blocks.delta(index ?? 0, delta)];
        }
        case 'content_block_stop':
          return blocks.stop(readWire(blockStopSchema, value, type).index ?? 0);
        case 'message_delta': {
          const { delta, usage: next } = readWire(messageDeltaSchema, value, type);
          return [...start('', ''), ...finish(delta), ...count(next)];
        }
        case 'message_stop':
          done = true;
          return finished ? [] : truncated('The stream was closed without a stop reason');
        case 'error':
          throw decodeErrorEvent(value);
        default:
          // `ping`, and events that this version does not know: the API may add types at any time.
          return [];
      }
    },
    // A stop reason is the last thing that matters: all that can be missing after it is `message_stop`.
    end: () => (finished ? [] : truncated('The stream ended before the answer was complete')),
    get done() {
      return done;
    },
  };
}

function truncated(message: string): never {
  throw new GatewayError('upstream-truncated', message);
}
