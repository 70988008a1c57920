/**
 * Holds a stream back, so that another target can take over as long as nothing has gone out: `rescue` in `gateway.yaml`.
 * What is held is bounded: a stream that is longer goes out from there on as any other.
 */
import type { ModelSettings } from '../routing/plan.ts';
import type { Watch } from './watch.ts';

/** Some million tokens: no answer of today is that long, and a hundred at once fit into a process. */
export const MOST_HELD_CHARS = 4 * 1024 * 1024;
/** Most streams that die do so early, and nobody minds two seconds more. */
const DEFAULT_HOLD = { ms: 2_000, tokens: 64 };

export interface HoldLimits {
  /** From the first content on. */
  readonly ms: number;
  readonly tokens: number;
}

/** The earlier one counts; of two limits, one that is not given does not. */
export function holdLimits({ rescue, hold }: Pick<ModelSettings, 'rescue' | 'hold'>): HoldLimits {
  if (rescue === 'none') return { ms: 0, tokens: 0 };
  const unlimited = { ms: Number.POSITIVE_INFINITY, tokens: Number.POSITIVE_INFINITY };
  if (rescue === 'buffer') return unlimited;
  const given = Object.fromEntries(Object.entries(hold ?? {}).filter(([, value]) => value !== undefined));
  return { ...unlimited, ...(Object.keys(given).length === 0 ? DEFAULT_HOLD : given) };
}

export interface Held {
  /** Goes out now, in one piece. */
  readonly head: string;
  readonly rest: AsyncGenerator<string>;
  /** There was more to hold than may be held. */
  readonly isFull: boolean;
}

export interface HoldOptions {
  readonly limits: HoldLimits;
  readonly watch: Pick<Watch, 'hasContent' | 'outputTokens'>;
  /** At the first content. */
  onContent(): void;
}

/** Rejects with what the source throws: until here another target can answer. */
export async function holdBack(source: AsyncGenerator<string>, options: HoldOptions): Promise<Held> {
  const { limits, watch } = options;
  const pieces: string[] = [];
  let chars = 0;
  let timer: NodeJS.Timeout | undefined;
  let over: Promise<'over'> | undefined;
  try {
    for (;;) {
      const next = source.next();
      const result = over === undefined ? await next : await Promise.race([next, over]);
      // Nothing more has come, and what is there has waited long enough.
      if (result === 'over') return { head: pieces.join(''), rest: resume(next, source), isFull: false };
      if (result.done === true) return { head: pieces.join(''), rest: source, isFull: false };
      pieces.push(result.value);
      chars += result.value.length;
      if (!watch.hasContent) continue;
      if (over === undefined) {
        options.onContent();
        over = new Promise((resolve) => {
          if (Number.isFinite(limits.ms)) timer = setTimeout(() => resolve('over'), limits.ms);
        });
      }
      const isFull = chars > MOST_HELD_CHARS;
      const isLongEnough = limits.ms === 0 || watch.outputTokens() >= limits.tokens;
      if (isFull || isLongEnough) return { head: pieces.join(''), rest: source, isFull: isFull && !isLongEnough };
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Goes on with a source that was asked already. */
async function* resume(asked: Promise<IteratorResult<string>>, source: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    const first = await asked;
    if (first.done === true) return;
    yield first.value;
    yield* source;
  } finally {
    await source.return(undefined);
  }
}
