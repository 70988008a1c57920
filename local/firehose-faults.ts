/** Failures that Firehose has under load, on request: `POST /faults` with a plan, `{}` to be well again. */
import * as z from 'zod/mini';

const count = z._default(z.int().check(z.gte(0)), 0);

export const faultPlan = z.strictObject({
  /** Every n-th record is refused: in a batch alone (`FailedPutCount`), as a single record with its call. */
  failEvery: count,
  /** The next n calls are refused whole. */
  throttleNext: count,
  /** Every call is answered this much later. */
  delayMs: count,
});

export interface Faults {
  plan(value: z.output<typeof faultPlan>): void;
  /** Waits as planned; true where the call is to be refused. */
  onCall(): Promise<boolean>;
  /** True where the record is to be refused. */
  onRecord(): boolean;
}

export function createFaults(): Faults {
  let current: z.output<typeof faultPlan> = { failEvery: 0, throttleNext: 0, delayMs: 0 };
  let throttles = 0;
  let records = 0;
  return {
    plan(value) {
      current = value;
      throttles = value.throttleNext;
      records = 0;
    },
    async onCall() {
      if (current.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, current.delayMs));
      if (throttles === 0) return false;
      throttles -= 1;
      return true;
    },
    onRecord() {
      records += 1;
      return current.failEvery > 0 && records % current.failEvery === 0;
    },
  };
}
