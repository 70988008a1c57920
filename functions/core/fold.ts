/** A whole reply is the fold of the events that its stream has, so that both ways of asking agree by construction. */
import type { AssistantPart, BlockStart, ChatEvent, Dialect, FinishReason, Signature } from './chat.ts';
import { GatewayError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { Usage } from './usage.ts';

export interface FoldedChoice {
  readonly index: number;
  /** In the order in which they started. Annotations of a block are in its `extensions`, under `annotations`. */
  readonly blocks: readonly AssistantPart[];
  /** Undefined where the events ended before the choice did. */
  readonly finish: FinishReason | undefined;
  readonly rawReason: string | undefined;
  readonly stopSequence: string | undefined;
  /** Of the text and of the refusal, in the order they came, arrays flattened. */
  readonly logprobs: { readonly text: readonly Json[]; readonly refusal: readonly Json[] };
}

export interface ChatReply {
  readonly id: string;
  readonly model: string;
  readonly createdAt: number | undefined;
  /** By index. */
  readonly choices: readonly FoldedChoice[];
  readonly usage: Usage | undefined;
}

interface OpenBlock {
  readonly start: BlockStart;
  readonly choice: number;
  readonly text: string[];
  readonly logprobs: Json[];
  readonly annotations: Map<Dialect, JsonObject[]>;
  signature: Signature | undefined;
  redacted: Signature | undefined;
}

export function foldEvents(events: readonly ChatEvent[]): ChatReply {
  let start: Extract<ChatEvent, { type: 'response-start' }> | undefined;
  let usage: Usage | undefined;
  const blocks = new Map<number, OpenBlock>();
  const finishes = new Map<number, Extract<ChatEvent, { type: 'finish' }>>();

  const open = (index: number): OpenBlock => {
    const block = blocks.get(index);
    if (block === undefined)
      throw new GatewayError('internal', `An event belongs to block ${index}, which never started.`);
    return block;
  };

  for (const event of events) {
    switch (event.type) {
      case 'response-start':
        start ??= event;
        break;
      case 'block-start':
        blocks.set(event.index, {
          start: event.block,
          choice: event.choice,
          text: [],
          logprobs: [],
          annotations: new Map(),
          signature: undefined,
          redacted: undefined,
        });
        break;
      case 'block-delta': {
        const block = open(event.index);
        block.text.push(event.text);
        if (event.logprobs !== undefined) block.logprobs.push(event.logprobs);
        break;
      }
      case 'block-signature': {
        const block = open(event.index);
        if (event.redacted === true) block.redacted = event.signature;
        else block.signature = event.signature;
        break;
      }
      case 'block-annotation': {
        const { annotations } = open(event.index);
        const known = annotations.get(event.origin);
        if (known === undefined) annotations.set(event.origin, [event.data]);
        else known.push(event.data);
        break;
      }
      case 'block-end':
        open(event.index);
        break;
      case 'finish':
        finishes.set(event.choice, event);
        break;
      case 'usage':
        usage = event.usage;
        break;
    }
  }

  const all = [...blocks.values()];
  const indices = new Set([...all.map((block) => block.choice), ...finishes.keys()]);
  return {
    id: start?.id ?? '',
    model: start?.model ?? '',
    createdAt: start?.createdAt,
    choices: [...indices]
      .sort((a, b) => a - b)
      .map((index) => {
        const own = all.filter((block) => block.choice === index);
        const finish = finishes.get(index);
        return {
          index,
          blocks: own.map(toPart),
          finish: finish?.reason,
          rawReason: finish?.rawReason,
          stopSequence: finish?.stopSequence,
          logprobs: { text: logprobsOf(own, 'text'), refusal: logprobsOf(own, 'refusal') },
        };
      }),
    usage,
  };
}

function toPart(block: OpenBlock): AssistantPart {
  const text = block.text.join('');
  const { start, signature, redacted } = block;
  const extensions = extensionsOf(block);
  switch (start.type) {
    case 'text':
    case 'refusal':
      return { type: start.type, text, ...extensions };
    case 'reasoning':
      return {
        type: 'reasoning',
        text,
        ...(start.id === undefined ? {} : { id: start.id }),
        ...(signature === undefined ? {} : { signature }),
        ...(redacted === undefined ? {} : { redacted }),
        ...extensions,
      };
    case 'tool-call':
      return {
        type: 'tool-call',
        id: start.id,
        name: start.name,
        kind: start.kind,
        // A function without arguments gets none streamed; as history, an empty string is refused by every provider.
        arguments: start.kind === 'function' && text.trim() === '' ? '{}' : text,
        ...(signature === undefined ? {} : { signature }),
        ...extensions,
      };
    case 'opaque':
      return { type: 'opaque', origin: start.origin, data: start.data, ...extensions };
  }
}

function extensionsOf(block: OpenBlock): Pick<AssistantPart, 'extensions'> {
  const entries: [Dialect, JsonObject][] = [...block.annotations].map(([origin, annotations]) => [
    origin,
    { annotations },
  ]);
  // Gemini signs text too, and the part has no place for it: it stays with its dialect.
  if (block.signature !== undefined && (block.start.type === 'text' || block.start.type === 'opaque')) {
    const { origin, value } = block.signature;
    const others = entries.filter(([dialect]) => dialect !== origin);
    const own = entries.find(([dialect]) => dialect === origin)?.[1];
    return { extensions: Object.fromEntries([...others, [origin, { ...own, signature: value }]]) };
  }
  return entries.length === 0 ? {} : { extensions: Object.fromEntries(entries) };
}

function logprobsOf(blocks: readonly OpenBlock[], type: 'text' | 'refusal'): readonly Json[] {
  return blocks.filter((block) => block.start.type === type).flatMap((block) => block.logprobs.flat() as Json[]);
}
