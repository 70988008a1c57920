/** Holds what an attempt answers, as far as it is to be kept. A stream of any length takes no more than the bound. */
import type { ChatEvent } from '../core/chat.ts';

export interface AnswerCapture {
  see(events: readonly ChatEvent[]): void;
  /** A few large events in place of many small ones. */
  events(): readonly ChatEvent[];
  readonly isCut: boolean;
}

/** Characters of an answer that are held in memory while it streams. */
export const ANSWER_CHARACTERS = 1 << 20;
const MOST_BLOCKS = 10_000;

export function captureAnswer(most = ANSWER_CHARACTERS): AnswerCapture {
  const kept: ChatEvent[] = [];
  const texts = new Map<number, string>();
  let left = most;
  let isCut = false;
  return {
    see(events) {
      for (const event of events) {
        if (event.type === 'block-delta') {
          const text = texts.get(event.index);
          const piece = event.text.slice(0, left);
          left -= piece.length;
          isCut ||= piece.length < event.text.length;
          if (text !== undefined) texts.set(event.index, text + piece);
        } else if (event.type === 'block-start') {
          const size = event.block.type === 'opaque' ? JSON.stringify(event.block.data).length : 0;
          if (texts.size >= MOST_BLOCKS || size > left) {
            isCut = true;
            continue;
          }
          left -= size;
          texts.set(event.index, '');
          kept.push(event);
        } else if (event.type === 'response-start' || event.type === 'finish') {
          kept.push(event);
        }
      }
    },
    events: () => kept.flatMap((event) => (event.type === 'block-start' ? whole(event, texts) : [event])),
    get isCut() {
      return isCut;
    },
  };
}

type Start = Extract<ChatEvent, { readonly type: 'block-start' }>;

function whole(start: Start, texts: ReadonlyMap<number, string>): readonly ChatEvent[] {
  const { index } = start;
  return [start, { type: 'block-delta', index, text: texts.get(index) ?? '' }, { type: 'block-end', index }];
}
