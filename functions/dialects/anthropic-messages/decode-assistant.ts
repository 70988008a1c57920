import type { AssistantPart, Signature, ToolCallPart } from '../../core/chat.ts';
import { unwrapSignature } from '../../core/foreign-signature.ts';
import type { JsonObject } from '../../core/json.ts';
import { invalidRequest, type Path, parseRequest } from '../../core/parse.ts';
import { blockType, common, decodeContent } from './decode-content.ts';
import { openSealed } from './foreign-blocks.ts';
import { redactedBlockSchema, thinkingBlockSchema, toolUseSchema } from './wire.ts';

const DIALECT = 'anthropic-messages';

/** The blocks of a former answer, proofs of other providers back where they belong. */
export function decodeAssistant(blocks: readonly JsonObject[], at: Path): readonly AssistantPart[] {
  const parts: AssistantPart[] = [];
  /** By the id of the call. */
  const signed = new Map<string, Signature>();
  const called = new Set(blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])));
  blocks.forEach((block, index) => {
    const place = [...at, index];
    const type = blockType(block, place);
    switch (type) {
      case 'thinking': {
        const { thinking, signature } = parseRequest(thinkingBlockSchema, block, place);
        parts.push({
          type: 'reasoning',
          text: thinking,
          ...(signature ? { signature: unwrapSignature(DIALECT, signature) } : {}),
        });
        return;
      }
      case 'redacted_thinking': {
        const { data } = parseRequest(redactedBlockSchema, block, place);
        const sealed = openSealed(data);
        if (sealed.of === 'call' && called.has(sealed.callId)) signed.set(sealed.callId, sealed.signature);
        else if (sealed.of === 'text') addTextSignature(parts, sealed.signature);
        else addRedacted(parts, unwrapSignature(DIALECT, data));
        return;
      }
      case 'tool_use':
        parts.push(decodeCall(block, place));
        return;
      case 'tool_result':
        throw invalidRequest([...place, 'type'], 'is "tool_result", which only user messages may hold');
      default:
        parts.push(decodeContent(block, place));
    }
  });
  if (signed.size === 0) return parts;
  return parts.map((part) => {
    const signature = part.type === 'tool-call' ? signed.get(part.id) : undefined;
    return signature === undefined ? part : ({ ...part, signature } as ToolCallPart);
  });
}

function decodeCall(block: JsonObject, at: Path): ToolCallPart {
  const { id, name, input } = parseRequest(toolUseSchema, block, at);
  return {
    type: 'tool-call',
    kind: 'function',
    id,
    name,
    arguments: JSON.stringify(input),
    ...common(block, ['id', 'name', 'input'], at),
  };
}

/** Other providers' encrypted reasoning may have a summary: it went out as the unsigned thought in front of it. */
function addRedacted(parts: AssistantPart[], redacted: Signature): void {
  const before = parts.at(-1);
  const summarized = before?.type === 'reasoning' && before.signature === undefined && before.redacted === undefined;
  if (redacted.origin !== DIALECT && summarized) parts[parts.length - 1] = { ...before, redacted };
  else parts.push({ type: 'reasoning', text: '', redacted });
}

/** Where a folded answer has it: the part has no place for it. */
function addTextSignature(parts: AssistantPart[], { origin, value }: Signature): void {
  const before = parts.at(-1);
  if (before?.type !== 'text') {
    parts.push({ type: 'text', text: '', extensions: { [origin]: { signature: value } } });
    return;
  }
  const own = before.extensions?.[origin];
  parts[parts.length - 1] = {
    ...before,
    extensions: { ...before.extensions, [origin]: { ...own, signature: value } },
  };
}
