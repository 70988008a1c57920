/**
 * `chat.completion.chunk`s as the `chat.completion` that they are the pieces of: deltas are put together to messages, and
 * what stands beside them is told by the last chunk that says it.
 */
import type { ReplyFolder } from '../../core/codec.ts';
import {
  createNumberedDrafts,
  type Draft,
  type DraftObject,
  draftList,
  isDraftObject,
  mergePiece,
  readDraft,
} from '../../core/draft.ts';
import type { JsonObject } from '../../core/json.ts';

/** Hides how long the pieces are, and is in streams only. */
const PADDING = 'obfuscation';

/** Spoken answers have other formats in a stream than whole. */
export function createFolder({ modalities }: JsonObject): ReplyFolder | undefined {
  if (Array.isArray(modalities) && modalities.some((modality) => modality !== 'text')) return undefined;
  const body: DraftObject = {};
  const choices = createNumberedDrafts((index) => ({ index, message: {}, logprobs: null, finish_reason: null }));
  return {
    push(frame) {
      const chunk = readDraft(frame);
      if (chunk === undefined) return 0;
      for (const [field, value] of Object.entries(chunk)) {
        if (field === 'choices') choices.forEach(value, addChoice);
        // Azure's first chunk has empty names; the last one may have no usage.
        else if (field !== PADDING && (isTold(value) || !(field in body))) body[field] = value;
      }
      return frame.data.length;
    },
    whole() {
      return { ...body, object: 'chat.completion', choices: choices.inOrder().map(finishChoice) };
    },
  };
}

const isTold = (value: Draft | undefined): boolean => value !== null && value !== undefined && value !== '';

function addChoice(choice: DraftObject, piece: DraftObject): void {
  const { delta, message = delta, logprobs, finish_reason: finish, ...rest } = piece;
  if (isDraftObject(choice.message) && isDraftObject(message)) addMessage(choice.message, message);
  mergePiece(choice, logprobs === undefined ? {} : { logprobs });
  Object.assign(choice, rest, isTold(finish) ? { finish_reason: finish } : {});
}

/** A call without a number is another one where it has a name, and else goes on with the last. */
function addMessage(message: DraftObject, { tool_calls: calls, ...delta }: DraftObject): void {
  mergePiece(message, delta);
  for (const call of draftList(calls)) {
    const last = draftList(message.tool_calls).at(-1);
    const goesOn = isDraftObject(call) && call.index === undefined && !call.id && isDraftObject(last);
    if (goesOn) mergePiece(last, call);
    else mergePiece(message, { tool_calls: [call] });
    message.tool_calls ??= [];
  }
}

/** Numbers are for putting together; and who only calls says nothing. */
function finishChoice(choice: DraftObject): DraftObject {
  const { message } = choice;
  if (!isDraftObject(message)) return choice;
  const calls = draftList(message.tool_calls);
  for (const call of calls) if (isDraftObject(call)) delete call.index;
  const content = message.content === '' && calls.length > 0 ? null : (message.content ?? null);
  return { ...choice, message: { role: 'assistant', ...message, content } };
}
