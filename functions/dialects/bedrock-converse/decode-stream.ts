/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html */
import type { ChatEvent } from '../../core/chat.ts';
import type { Frame, Restore, StreamDecoder } from '../../core/codec.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { readObject, readText } from '../../core/read.ts';
import { readTerms } from '../../core/usage.ts';
import { usageEvent } from '../../core/usage-event.ts';
import { convertUsage } from './convert-usage.ts';
import { createBlockDecoder } from './decode-block.ts';
import { decodeException } from './decode-error.ts';
import { mapFinishReason } from './map-finish-reason.ts';
import { expectObject, readUnion } from './wire.ts';

/** Events of the wire, already parsed, as neutral events. */
export interface WireEventDecoder {
  decode(type: string, value: Json | undefined): readonly ChatEvent[];
  /** All content of a whole answer. */
  content(blocks: readonly Json[]): readonly ChatEvent[];
  end(): readonly ChatEvent[];
  readonly done: boolean;
}

export function createDecoder(restore?: Restore): StreamDecoder {
  const decoder = createWireEventDecoder(restore);
  return {
    push(frame: Frame): readonly ChatEvent[] {
      if (decoder.done || frame.data === '') return [];
      let value: Json;
      try {
        value = JSON.parse(frame.data) as Json;
      } catch (cause) {
        throw new GatewayError('upstream-malformed', 'The provider sent a stream event that is not JSON', { cause });
      }
      if (frame.event !== undefined) return decoder.decode(frame.event, value);
      // Recordings and some proxies write `{"messageStart": {…}}`, a union like all others.
      const union = readUnion(value);
      return union === undefined ? [] : decoder.decode(union[0], union[1]);
    },
    end: decoder.end,
    get done() {
      return decoder.done;
    },
  };
}

export function createWireEventDecoder(restore?: Restore): WireEventDecoder {
  const blocks = createBlockDecoder(restore);
  let started = false;
  let finished = false;
  let counted = false;

  /** The API names neither the answer nor the model. Some recordings lack `messageStart`. */
  const start = (): readonly ChatEvent[] => {
    if (started) return [];
    started = true;
    return [{ type: 'response-start', id: '', model: '' }];
  };

  const finish = (stop: JsonObject): readonly ChatEvent[] => {
    const reason = readText(stop.stopReason);
    if (finished || reason === '') return [];
    finished = true;
    const stopSequence = readStopSequence(readObject(stop.additionalModelResponseFields));
    return [
      ...blocks.stopAll(),
      {
        type: 'finish',
        choice: 0,
        reason: mapFinishReason(reason),
        rawReason: reason,
        ...(stopSequence === '' ? {} : { stopSequence }),
      },
    ];
  };

  return {
    decode(type, value) {
      switch (type) {
        case 'messageStart':
          return start();
        case 'contentBlockStart': {
          const event = expectObject(value, type);
          return [...start(), ...blocks.start(indexOf(event), event.start)];
        }
        case 'contentBlockDelta': {
          const event = expectObject(value, type);
          return [...start(), ...blocks.delta(indexOf(event), event.delta)];
        }
        case 'contentBlockStop':
          return blocks.stop(indexOf(expectObject(value, type)));
        case 'messageStop':
          return [...start(), ...finish(expectObject(value, type))];
        case 'metadata': {
          const { usage, serviceTier } = expectObject(value, type);
          if (!isJsonObject(usage)) return [];
          counted = true;
          return [...start(), usageEvent(convertUsage(usage), readTerms(readObject(serviceTier).type))];
        }
        default:
          if (/exception$|error$/i.test(type)) throw decodeException(type, value);
          // Events that this version does not know.
          return [];
      }
    },
    content: (wire) => [...start(), ...wire.flatMap((block) => blocks.whole(block))],
    end() {
      if (finished) return [];
      throw new GatewayError('upstream-truncated', 'The stream ended before the answer was complete');
    },
    /** Usage comes after the stop reason, or (some models) before it. */
    get done() {
      return finished && counted;
    },
  };
}

function indexOf(event: JsonObject): number {
  return typeof event.contentBlockIndex === 'number' ? event.contentBlockIndex : 0;
}

/** Streams have it in the delta of Claude's own event, whole answers at the top: as `encodeRequest` asked for it. */
function readStopSequence(fields: JsonObject): string {
  return readText(fields.stop_sequence) || readText(readObject(fields.delta).stop_sequence);
}
