/**
 * What a client's history may hold because another provider answered before, and what this API refuses: proofs that are
 * not its own, thoughts without any, and ids of calls in other characters. A history without these goes through as it is.
 */
import { type Aliases, createAliases } from '../../core/alias.ts';
import { unwrapSignature } from '../../core/foreign-signature.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { TOOL_ALIAS_RULES } from './encode-tools.ts';
import { readString } from './wire.ts';

const DIALECT = 'anthropic-messages';

/** Claude takes no thought that Claude did not sign; servers with other models give theirs unsigned, and want them back. */
const SIGNS_EVERYTHING = /claude/i;

/** The same list where there is nothing to repair. */
export function repairHistory(messages: Json | undefined, model: string): Json | undefined {
  if (!Array.isArray(messages)) return messages;
  const ids = createAliases(messages.flatMap(callIds), TOOL_ALIAS_RULES.ids);
  const signed = SIGNS_EVERYTHING.test(model);
  let changed = false;
  const repaired = messages.flatMap((message: Json): readonly Json[] => {
    const content = blocksOf(message);
    const kept = content.flatMap((block) => repairBlock(block, ids, signed));
    if (kept.length === content.length && kept.every((block, index) => block === content[index])) return [message];
    changed = true;
    // Nothing but thoughts: then there is no turn left.
    return kept.length === 0 ? [] : [{ ...(message as JsonObject), content: kept }];
  });
  return changed ? repaired : messages;
}

function blocksOf(message: Json): readonly Json[] {
  return isJsonObject(message) && Array.isArray(message.content) ? message.content : [];
}

function callIds(message: Json): readonly string[] {
  return blocksOf(message).flatMap((block) =>
    isJsonObject(block) && block.type === 'tool_use' && typeof block.id === 'string' ? [block.id] : [],
  );
}

function repairBlock(block: Json, ids: Aliases, signed: boolean): readonly Json[] {
  if (!isJsonObject(block)) return [block];
  switch (block.type) {
    case 'thinking':
      if (readString(block, 'signature') === '') return signed ? [] : [block];
      return repairProof(block, 'signature');
    case 'redacted_thinking':
      return repairProof(block, 'data');
    case 'tool_use':
      return [rename(block, 'id', ids)];
    case 'tool_result':
      return [rename(block, 'tool_use_id', ids)];
    default:
      return [block];
  }
}

function repairProof(block: JsonObject, field: 'signature' | 'data'): readonly Json[] {
  const { origin, value } = unwrapSignature(DIALECT, readString(block, field));
  if (origin === DIALECT) return [block];
  // Claude on Bedrock signs with the same keys.
  return origin === 'bedrock-converse' ? [{ ...block, [field]: value }] : [];
}

function rename(block: JsonObject, field: 'id' | 'tool_use_id', ids: Aliases): JsonObject {
  const id = readString(block, field);
  const alias = ids.of(id);
  return id === '' || alias === id ? block : { ...block, [field]: alias };
}
