/** What a benchmark is, and what it says. Each is a file `bench/NAME.ts` that exports `about` and `run`. */

export interface BenchContext {
  /** What is being done, for the line that shows progress. */
  progress(text: string): void;
  /** Undone in reverse order when the benchmark ends, however it ends. */
  defer(undo: () => Promise<void> | void): void;
}

/** How the gateway compares with going directly: what a reader should see first. */
export interface Ratio {
  readonly label: string;
  /** The median of the rounds, and the least and greatest of them. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Both sides (of a group with other names, its base and what is measured), medians of the rounds, in this unit. */
  readonly direct: number;
  readonly gateway: number;
  readonly unit: '/s' | 'ms' | 'µs';
}

export interface RatioGroup {
  readonly title: string;
  readonly better: 'higher' | 'lower';
  /** What is compared with what. @default - the gateway with going directly */
  readonly sides?: { readonly measured: string; readonly base: string };
  readonly ratios: readonly Ratio[];
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface BenchReport {
  readonly groups: readonly RatioGroup[];
  readonly tables: readonly Table[];
  /** How to read it: what was measured with what, and what the numbers do not say. */
  readonly notes: readonly string[];
}

export interface Bench {
  readonly about: string;
  run(context: BenchContext): Promise<BenchReport>;
}
