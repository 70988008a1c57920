/** What the gateway is made of. Built once by the composition root; holds caches and pools, and nothing of a request. */

import type { MediaFetcher } from '../adapters/fetch-media.ts';
import type { Config } from '../core/config.ts';
import type { FactBook } from '../core/model-facts.ts';
import type {
  Clock,
  IdempotencyStore,
  KeyStore,
  Ledger,
  RequestLog,
  TokenCounter,
  Upstream,
  WaitingLine,
} from '../core/ports.ts';
import type { PriceBook } from '../ledger/prices.ts';
import type { ContentRow } from '../records/content-row.ts';
import type { KnownNames } from '../records/emf.ts';
import type { FeedbackRow } from '../records/feedback-row.ts';
import type { Redactor } from '../records/redact.ts';
import type { Row } from '../records/row.ts';
import type { Keyless } from './keyless.ts';
import type { LoadBoard } from './load-board.ts';
import type { OutputEstimates } from './output-estimates.ts';
import type { Shadows } from './shadow.ts';
import type { HealthBoard } from './target-health.ts';

/** A configuration and what follows from it. */
export interface Setup {
  readonly config: Config;
  readonly version: string;
  readonly prices: PriceBook;
  readonly facts: FactBook;
  readonly media: MediaFetcher;
  readonly redactor: Redactor;
}

export interface Gateway {
  readonly clock: Clock;
  readonly keys: KeyStore;
  readonly ledger: Ledger;
  readonly line: WaitingLine;
  readonly idempotency: IdempotencyStore;
  readonly upstream: Upstream;
  readonly keyless: Keyless;
  readonly tokens: TokenCounter;
  readonly outputs: OutputEstimates;
  readonly health: HealthBoard;
  readonly loads: LoadBoard;
  readonly log: RequestLog<Row>;
  readonly feedback: RequestLog<FeedbackRow>;
  /** What a request must show that came by the gateway's own domain; absent where any way in is good. */
  readonly originKeys?: (options?: { readonly refresh: boolean }) => Promise<readonly string[]>;
  readonly contents: RequestLog<ContentRow>;
  /** What is in force; mostly from memory. */
  setup(): Promise<Setup>;
  /** Waits for what `setup` does beside the requests. */
  settled(): Promise<void>;
  /** What nobody can guess, 128 bits or more, in base64url. */
  newId(): string;
  /** Uniform in [0, 1). */
  random(): number;
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A line for the operator: one JSON object, never with content or secrets. */
  report(level: 'warn' | 'error', message: string, fields: { readonly [name: string]: unknown }): void;
  readonly shadows: Shadows;
  /** Metrics of a request that is over. */
  measure(row: Row, known: KnownNames): void;
  readonly pingMs: number;
}
