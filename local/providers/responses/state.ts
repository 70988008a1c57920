/** What OpenAI keeps of responses that are to be stored: later requests may begin where they ended. */
import type { JsonObject } from '../../../functions/core/json.ts';

export interface ResponseState {
  /** The items of a response, with all that led to it. */
  remember(id: string, items: readonly JsonObject[]): void;
  conversation(responseId: string): readonly JsonObject[] | undefined;
  item(id: string): JsonObject | undefined;
}

export function createResponseState(capacity = 500): ResponseState {
  const conversations = new Map<string, readonly JsonObject[]>();
  const items = new Map<string, JsonObject>();
  return {
    remember(id, all) {
      conversations.set(id, all);
      for (const item of all) if (typeof item.id === 'string') items.set(item.id, item);
      for (const [map, limit] of [
        [conversations, capacity],
        [items, capacity * 10],
      ] as const) {
        for (const oldest of map.keys()) {
          if (map.size <= limit) break;
          map.delete(oldest);
        }
      }
    },
    conversation: (responseId) => conversations.get(responseId),
    item: (id) => items.get(id),
  };
}
