/** EventBridge's part, on loopback: the upkeep function's own handler, again and again, one run at a time. */
import { createContext } from './lambda-runtime.ts';
import { report } from './response-front.ts';

export interface UpkeepTimer {
  /** Waits for a run that is under way. */
  close(): Promise<void>;
}

/** As in lib/upkeep-function.ts. */
const TIMEOUT_MS = 55_000;

export async function startUpkeep({ everyMs }: { readonly everyMs: number }): Promise<UpkeepTimer> {
  // Loaded late: the module reads the environment, which is set just before.
  const { handler } = await import('../functions/upkeep/handler.ts');
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const run = async (): Promise<void> => {
    const requestId = crypto.randomUUID();
    const deadlineMs = Date.now() + TIMEOUT_MS;
    const context = createContext({ requestId, functionName: 'tollgate-upkeep', deadlineMs });
    await handler({}, context).catch((error: unknown) => report(requestId, 'Upkeep failed', error));
    if (!closed) plan();
  };
  const plan = (): void => {
    timer = setTimeout(() => {
      running = run();
    }, everyMs);
  };
  plan();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
