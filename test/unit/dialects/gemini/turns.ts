/** Turns of a conversation, as clients send them. */
import type { JsonObject } from '../../../../functions/core/json.ts';

export const user = (...parts: readonly JsonObject[]): JsonObject => ({ role: 'user', parts });
export const model = (...parts: readonly JsonObject[]): JsonObject => ({ role: 'model', parts });
