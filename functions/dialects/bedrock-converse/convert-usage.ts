import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { readCount, readList } from '../../core/read.ts';
import type { Usage } from '../../core/usage.ts';

/**
 * `inputTokens` is what was neither read from nor written to the cache. Reasoning is part of `outputTokens`, and how much
 * it is nobody says. What `cacheDetails` does not explain of the writes is counted to the lifetime that the request uses:
 * 5 minutes, unless everything that is known was written for an hour.
 */
export function convertUsage(wire: JsonObject): Usage {
  const details = readList(wire.cacheDetails).filter(isJsonObject);
  const written = (ttl: string): number =>
    details.filter((detail) => detail.ttl === ttl).reduce((sum, detail) => sum + readCount(detail.inputTokens), 0);
  const fiveMinutes = written('5m');
  const oneHour = written('1h');
  const total = readCount(wire.cacheWriteInputTokens ?? wire.cacheWriteInputTokenCount);
  const unexplained = Math.max(0, total - fiveMinutes - oneHour);
  const onlyHours = oneHour > 0 && fiveMinutes === 0;
  return {
    inputTokens: readCount(wire.inputTokens),
    cacheReadTokens: readCount(wire.cacheReadInputTokens ?? wire.cacheReadInputTokenCount),
    cacheWrite5mTokens: fiveMinutes + (onlyHours ? 0 : unexplained),
    cacheWrite1hTokens: oneHour + (onlyHours ? unexplained : 0),
    outputTokens: readCount(wire.outputTokens),
    reasoningTokens: 0,
    audioInputTokens: 0,
    audioOutputTokens: 0,
  };
}
