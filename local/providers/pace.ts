import type { FaultPlan } from './faults.ts';
import type { Step } from './provider.ts';
import { between, createRandom } from './seed.ts';

export interface Pace {
  /** From the request to the first token. */
  readonly firstTokenMs: number;
  /** The fault holds the first token back, but not the headers. */
  readonly earlyHeaders: boolean;
  stepMs(step: Step): number;
}

/** Thoughts come faster than text, and nobody wants to wait for simulated ones. */
const REASONING_TOKEN_MS = 4;

export function createPace(seed: string, plan: FaultPlan): Pace {
  const earlyHeaders = plan.firstTokenMs !== undefined;
  if (plan.fast === true) return { firstTokenMs: plan.firstTokenMs ?? 0, earlyHeaders, stepMs: () => 0 };
  const random = createRandom(`${seed}#pace`);
  return {
    firstTokenMs: plan.firstTokenMs ?? between(random, 150, 400),
    earlyHeaders,
    stepMs: (step) => (step.reasoning ? step.tokens * REASONING_TOKEN_MS : step.tokens * between(random, 10, 30)),
  };
}

/** False where the signal came first: nobody is listening any more. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  if (ms <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });
}
