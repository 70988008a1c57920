/** What goes wrong at a provider, and what a client may see of it. Times are in real length, and scaled by the wall. */
import type { Dialect } from '../../../functions/core/chat.ts';

/**
 * `answer`: the whole answer, and nothing that says otherwise. `error`: an error before any content. `broken`: content, and
 * then an error: only a stream can. `unreadable`: the provider's own bytes, in which its SDK misses something.
 */
export type Sight = 'answer' | 'error' | 'broken' | 'unreadable';

export interface Expected {
  readonly streamed: Sight;
  readonly whole: Sight;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** Of the first target's model, joined with `+`. `{20s}` stands for so many seconds, in milliseconds and scaled. */
  readonly fault: string;
  /** Where the first target is, when it is not a simulated provider. */
  readonly at?: 'tls' | 'dns';
  /** Of the second target's model. */
  readonly fallbackFault?: string;
  readonly settings?: {
    readonly rescue?: 'none' | 'hold' | 'buffer';
    readonly hold?: { readonly ms?: number; readonly tokens?: number };
    readonly onRefusal?: 'answer' | 'fallback';
  };
  /** With a second target that answers. */
  backed(provider: Dialect): Expected;
  /** With the one target only. */
  alone(provider: Dialect, real: boolean): Expected;
  /** In the row of every answer. */
  readonly flag?: string;
  readonly usageSource?: 'reported' | 'estimated';
  /** Streams of this dialect that its own SDK throws at: they pass through as they are, and lack what it reads. */
  readonly unreadable?: Dialect;
  /** Answers are this long, instead of 60 tokens. */
  readonly chars?: number;
  /** The first target sees a shorter window than the second. */
  readonly smallWindow?: boolean;
}

const both = (sight: Sight) => (): Expected => ({ streamed: sight, whole: sight });
const sights = (streamed: Sight, whole: Sight) => (): Expected => ({ streamed, whole });

const answers = both('answer');
const fails = both('error');
/** Another target takes over, and without one there is an error. */
const replaced = { backed: answers, alone: fails } as const;
/** What went out cannot be taken back; a whole answer is asked of the other target. */
const cut = { backed: sights('broken', 'answer'), alone: sights('broken', 'error') } as const;

/** Where the last event says how the answer ended, an answer without it has not ended. */
const ENDS_WITH_REASON: ReadonlySet<Dialect> = new Set(['openai-responses', 'gemini']);
const withoutLast = (otherwise: () => Expected) => (provider: Dialect) =>
  ENDS_WITH_REASON.has(provider) ? otherwise() : answers();

/** Gemini says when to come back, unless it is told to say it otherwise: in 34 s, which is longer than scaled time goes on. */
const unlessLate = (provider: Dialect, real: boolean): Expected =>
  provider === 'gemini' && !real ? fails() : answers();

const CUT = 'cut-at-40';
const LARGE = { tokens: 800, chars: 65_536 };

/** biome-ignore format: a table is read by its columns */
export const SCENARIOS: readonly Scenario[] = [
  { id: '429-retry-after',    title: '429 with Retry-After',                fault: '429-retry-after-1-once',        backed: answers, alone: answers },
  { id: '429',                title: '429 without Retry-After',             fault: '429-once',                      backed: answers, alone: unlessLate },
  { id: '429-for-ever',       title: '429 for ever',                        fault: '429',                           ...replaced },
  { id: '500-once',           title: '500 once',                            fault: '500-once',                      backed: answers, alone: answers },
  { id: '503-for-ever',       title: '503 for ever',                        fault: '503',                           ...replaced },
  { id: '529',                title: 'Overloaded (529)',                    fault: '529',                           ...replaced },
  { id: 'reset',              title: 'Reset before headers',                fault: 'reset',                         ...replaced },
  { id: 'silence',            title: 'Silence for 120 s',                   fault: 'silence',                       ...replaced },
  { id: 'headers-only',       title: 'Headers, then nothing',               fault: 'headers-only',                  ...replaced },
  { id: 'slow',               title: 'First token after 20 s',              fault: 'slow-first-token-{20s}',        backed: answers, alone: answers },
  { id: 'cut',                title: 'Cut at token 40 of 60',               fault: CUT,                             ...cut },
  { id: 'cut-buffer',         title: 'Cut at token 40, rescue: buffer',     fault: CUT,                             ...replaced, settings: { rescue: 'buffer' } },
  { id: 'cut-hold',           title: 'Cut at token 40, rescue: hold',       fault: CUT,                             ...replaced, settings: { rescue: 'hold', hold: { tokens: 300 } } },
  { id: 'end',                title: 'Clean end at token 40 of 60',         fault: 'end-at-40',                     ...cut },
  { id: 'stall',              title: 'Stall for 30 s at token 30',          fault: 'stall-at-30-{30s}',             ...cut },
  { id: 'malformed',          title: 'Malformed chunk',                     fault: 'malformed-at-30',               backed: answers, alone: answers, flag: 'malformed-chunk' },
  { id: 'no-done',            title: 'Missing [DONE] (or last event)',      fault: 'no-done',                       backed: withoutLast(cut.backed), alone: withoutLast(cut.alone) },
  { id: 'context-length',     title: 'Context length',                      fault: 'context-length',                ...replaced, smallWindow: true },
  { id: 'refusal',            title: 'Content refusal',                     fault: 'content-filter',                backed: fails, alone: fails },
  { id: 'refusal-fallback',   title: 'Content refusal, onRefusal: fallback', fault: 'content-filter',               ...replaced, settings: { onRefusal: 'fallback' } },
  { id: 'no-prefill',         title: 'Fallback that refuses a prefill',     fault: CUT, fallbackFault: 'no-prefill', ...cut },
  { id: 'no-prefill-buffer',  title: 'The same, rescue: buffer',            fault: CUT, fallbackFault: 'no-prefill', ...replaced, settings: { rescue: 'buffer' } },
  { id: 'no-usage',           title: 'Usage missing',                       fault: 'no-usage',                      backed: answers, alone: answers, usageSource: 'estimated', unreadable: 'anthropic-messages' },
  { id: 'error-event',        title: 'Error event inside a 200 stream',     fault: 'error-event-at-20',             ...cut },
  { id: 'error-event-first',  title: 'Error event before any content',      fault: 'error-event-at-0',              ...replaced },
  { id: 'content-type',       title: 'Wrong content type',                  fault: 'wrong-content-type',            ...replaced },
  { id: 'sign-in-page',       title: 'A sign-in page with status 200',      fault: 'sign-in-page',                  ...replaced },
  { id: 'empty-body',         title: '200 with an empty body',              fault: 'empty-body',                    ...replaced },
  { id: 'gzip',               title: 'gzip, unasked',                       fault: 'gzip',                          backed: answers, alone: answers },
  { id: 'split-characters',   title: 'Chunks cut inside characters',        fault: 'split-characters',              backed: answers, alone: answers },
  { id: 'large',              title: 'A 50 MB answer',                      fault: `wide-${LARGE.chars}+tokens-${LARGE.tokens}`, backed: answers, alone: answers, chars: LARGE.tokens * LARGE.chars },
  { id: 'tls',                title: 'TLS failure',                         fault: '', at: 'tls',                   ...replaced },
  { id: 'dns',                title: 'DNS failure',                         fault: '', at: 'dns',                   ...replaced },
];

/** Its requests come one after the other for 60 s, while the first target is well for 2 s and down for 2 s in turn. */
export const FLAPPING = { id: 'flapping', title: 'Flapping for 60 s', lastsMs: 60_000, phaseMs: 2_000 } as const;
