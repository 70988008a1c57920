/** Time that passes only while nobody has anything to do: minutes of waiting in milliseconds, against a real table. */
export interface VirtualTime {
  now(): number;
  wait(milliseconds: number): Promise<void>;
  /** All at once, to the last one's end. */
  run<T>(tasks: readonly (() => Promise<T>)[]): Promise<readonly T[]>;
}

export function createVirtualTime(startMs: number): VirtualTime {
  let nowMs = startMs;
  let busy = 0;
  const asleep: { readonly atMs: number; readonly wake: () => void }[] = [];

  const advance = (): void => {
    if (busy > 0 || asleep.length === 0) return;
    asleep.sort((left, right) => left.atMs - right.atMs);
    const next = asleep.shift();
    if (next === undefined) return;
    nowMs = Math.max(nowMs, next.atMs);
    busy += 1;
    next.wake();
  };

  return {
    now: () => Math.floor(nowMs),
    wait(milliseconds) {
      const woken = new Promise<void>((wake) => {
        asleep.push({ atMs: nowMs + milliseconds, wake });
      });
      busy -= 1;
      advance();
      return woken;
    },
    run(tasks) {
      busy += tasks.length;
      const each = async <T>(task: () => Promise<T>): Promise<T> => {
        try {
          return await task();
        } finally {
          busy -= 1;
          advance();
        }
      };
      return Promise.all(tasks.map(each));
    },
  };
}
