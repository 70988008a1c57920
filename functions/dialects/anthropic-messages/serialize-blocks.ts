/**
 * Neutral blocks may interleave; on this wire they come one after the other, because clients put a delta to the block
 * that began last. Blocks that begin while another is open wait until it ends, and go out then, in the order in which
 * they began. What has come of them meanwhile is held: at most `MAX_HELD_CHARS`, which is more than any model says.
 */
import type { ChatEvent } from '../../core/chat.ts';
import { GatewayError } from '../../core/errors.ts';

export type BlockEvent = Extract<ChatEvent, { readonly index: number }>;

export interface BlockSerializer {
  push(event: BlockEvent): readonly BlockEvent[];
  /** Ends what is open: a provider that finished has nothing to add. */
  end(): readonly BlockEvent[];
}

const MAX_HELD_CHARS = 8_000_000;

export function createBlockSerializer(): BlockSerializer {
  let current: number | undefined;
  /** In the order in which they began. */
  const waiting = new Map<number, BlockEvent[]>();
  let held = 0;

  const advance = (): readonly BlockEvent[] => {
    const out: BlockEvent[] = [];
    for (const [index, events] of waiting) {
      waiting.delete(index);
      for (const event of events) out.push(event);
      if (events.at(-1)?.type === 'block-end') continue;
      current = index;
      return out;
    }
    current = undefined;
    held = 0;
    return out;
  };

  const hold = (events: BlockEvent[], event: BlockEvent): void => {
    held += sizeOf(event);
    if (held > MAX_HELD_CHARS) {
      throw new GatewayError('upstream-malformed', 'The provider interleaved more than can be put in order');
    }
    events.push(event);
  };

  return {
    push(event) {
      if (event.type === 'block-start' && current === undefined) {
        current = event.index;
        return [event];
      }
      if (event.index !== current) {
        const events = waiting.get(event.index);
        if (event.type === 'block-start') waiting.set(event.index, [event]);
        else if (events !== undefined) hold(events, event);
        return [];
      }
      return event.type === 'block-end' ? [event, ...advance()] : [event];
    },
    end() {
      const out: BlockEvent[] = [];
      while (current !== undefined) {
        out.push({ type: 'block-end', index: current });
        for (const event of advance()) out.push(event);
      }
      return out;
    },
  };
}

function sizeOf(event: BlockEvent): number {
  switch (event.type) {
    case 'block-delta':
      return event.text.length;
    case 'block-signature':
      return event.signature.value.length;
    default:
      return 0;
  }
}
