import { sweep } from './sweep.ts';
import type { Upkeep } from './upkeep.ts';

interface UpkeepContext {
  getRemainingTimeInMillis(): number;
}

/** Kept back from the invocation's time, to finish what was begun. */
const CLOSING_MS = 20_000;

/** Called every minute. Fails, so that the function's error metric shows it, where a lost request could not be ended. */
export function createHandler(upkeep: Upkeep) {
  return async (_event: unknown, context: UpkeepContext): Promise<void> => {
    const untilMs = upkeep.clock.now() + context.getRemainingTimeInMillis() - CLOSING_MS;
    const result = await sweep(upkeep, untilMs);
    if (result.swept > 0) upkeep.report('warn', 'Lost requests were ended.', { ...result });
    if (result.failed > 0) throw new Error(`${result.failed} lost requests could not be ended.`);
  };
}
