/** Events as the message that they build up: https://platform.claude.com/docs/en/build-with-claude/streaming */
import type { ReplyFolder } from '../../core/codec.ts';
import { type Draft, type DraftObject, draftList, isDraftObject, mergePiece, readDraft } from '../../core/draft.ts';

interface OpenBlock {
  readonly block: DraftObject;
  /** A call's input, which comes as pieces of JSON text. */
  json: string;
}

export function createFolder(): ReplyFolder {
  const message: DraftObject = {};
  const content: DraftObject[] = [];
  const open = new Map<number, OpenBlock>();

  const start = (index: number, block: DraftObject): OpenBlock => {
    const opened = { block, json: '' };
    content.push(block);
    open.set(index, opened);
    return opened;
  };

  const fold = (event: DraftObject): void => {
    const index = typeof event.index === 'number' ? event.index : 0;
    switch (event.type) {
      case 'message_start': {
        if (!isDraftObject(event.message)) return;
        content.push(...draftList(event.message.content).filter(isDraftObject));
        Object.assign(message, event.message);
        return;
      }
      case 'content_block_start':
        stop(open, index);
        if (isDraftObject(event.content_block)) start(index, event.content_block);
        return;
      case 'content_block_delta':
        if (isDraftObject(event.delta))
          addDelta(open.get(index) ?? start(index, unannounced(event.delta)), event.delta);
        return;
      case 'content_block_stop':
        stop(open, index);
        return;
      case 'message_delta': {
        const { type: _, delta, usage, ...rest } = event;
        Object.assign(message, rest, delta);
        // Counts are totals, and what a later one leaves out stands.
        if (isDraftObject(usage))
          message.usage = { ...(isDraftObject(message.usage) ? message.usage : {}), ...told(usage) };
      }
    }
  };

  return {
    push(frame) {
      const event = readDraft(frame);
      if (event !== undefined) fold({ ...event, type: event.type ?? frame.event });
      return frame.data.length;
    },
    whole() {
      for (const index of [...open.keys()]) stop(open, index);
      return { ...message, content };
    },
  };
}

function addDelta(target: OpenBlock, { type, ...delta }: DraftObject): void {
  const { block } = target;
  if (type === 'input_json_delta') target.json += typeof delta.partial_json === 'string' ? delta.partial_json : '';
  else if (type === 'citations_delta')
    mergePiece(block, { citations: delta.citation === undefined ? [] : [delta.citation] });
  else mergePiece(block, delta);
}

function stop(open: Map<number, OpenBlock>, index: number): void {
  const ended = open.get(index);
  open.delete(index);
  if (ended !== undefined && ended.json !== '') ended.block.input = parseInput(ended.json);
}

/** Some compatible servers leave out the start of a block. */
function unannounced({ type }: DraftObject): DraftObject {
  return type === 'thinking_delta' ? { type: 'thinking', thinking: '' } : { type: 'text', text: '' };
}

function told(fields: DraftObject): DraftObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** What the output cap cut off is no JSON, and stays text. */
function parseInput(json: string): Draft {
  try {
    return JSON.parse(json) as Draft;
  } catch {
    return json;
  }
}
