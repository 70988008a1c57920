/** The only seams where time passes: what the gateway needs of the world, implemented in `adapters` and faked nowhere. */
import type { ChatRequest } from './chat.ts';
import type { EncodedRequest, Frame, Framing } from './codec.ts';
import type { ProviderConfig } from './config.ts';
import type { GatewayError } from './errors.ts';
import type { LogLevel } from './log-level.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** Who calls. Comes from the key and from nothing else. */
export interface Caller {
  readonly keyId: string;
  readonly team?: string;
  readonly user?: string;
  readonly app?: string;
  readonly env?: string;
  /** Aliases and `provider/model` names that the key may ask for; absent = all. */
  readonly models?: readonly string[];
  /** The key speaks for people whom only its application knows, and may say who asks. */
  readonly mayNameUser?: boolean;
  /** The highest `x-tollgate-priority` that the key may ask for; absent = 0. */
  readonly maxPriority?: number;
  /** What is kept of its requests, as far as the model lets it. */
  readonly log?: LogLevel;
}

export interface KeyStore {
  /** Whose key this is; undefined for unknown, disabled and expired keys. */
  find(key: string, nowMs: number): Promise<Caller | undefined>;
}

/** `key:ID`, `team:T`, `user:U`, `app:A`, `env:E`, `org`, `provider:P`, `provider:P/model`. */
export type Scope = string;

export type LimitName = 'limit_rpm' | 'limit_tpm' | 'limit_parallel' | 'budget_day_usd' | 'budget_month_usd';

export interface ReserveRequest {
  readonly requestId: string;
  readonly scopes: readonly Scope[];
  /** Others whose limits are looked at in the same round trip, for `isLimited`. */
  readonly watch?: readonly Scope[];
  readonly nowMs: number;
  /** When the request is surely over: after it, upkeep takes the reservation for lost. */
  readonly expiresAtMs: number;
  /** What token limits are charged now; settled to the real figure after. */
  readonly tokens: number;
  /** The worst that this request can cost, in nano-dollars. */
  readonly costNano: number;
  /** What a row about a lost request has to say. Strings only, under 500 bytes. */
  readonly about: { readonly [name: string]: string };
}

export interface ReservedScope {
  readonly scope: Scope;
  readonly shard: number;
  /** The windows that were charged: the slot of the last minute, where a rate is limited, `2026-11-23` and `2026-11`. */
  readonly slot: number | undefined;
  readonly day: string;
  readonly month: string;
}

export interface Reservation {
  readonly requestId: string;
  readonly nowMs: number;
  readonly expiresAtMs: number;
  readonly tokens: number;
  readonly costNano: number;
  /** What was reserved on top of that, later. */
  readonly raises: readonly number[];
  /** Scopes with limits, charged before the request is sent. */
  readonly reserved: readonly ReservedScope[];
  /** Scopes without limits: counted once, at settlement. */
  readonly counted: readonly Scope[];
}

export interface Denial {
  readonly scope: Scope;
  readonly limit: LimitName;
  /** In the limit's own unit: requests, tokens or USD. */
  readonly limitValue: number;
  readonly used: number;
  /** What this request asked for, in the same unit. */
  readonly asked: number;
  /** When room can come back; undefined where this request can never fit the limit. */
  readonly retryAfterMs: number | undefined;
}

export interface RateWindow {
  readonly limit: number;
  readonly remaining: number;
  /** Until the window has forgotten what it holds now, in ms. */
  readonly resetMs: number;
}

/** The tightest window over all scopes, for the `x-ratelimit-*` headers. Absent where nothing limits. */
export interface RateLimits {
  readonly requests?: RateWindow;
  readonly tokens?: RateWindow;
}

export type ReserveResult =
  | { readonly outcome: 'admitted'; readonly reservation: Reservation; readonly limits: RateLimits }
  | { readonly outcome: 'denied'; readonly denial: Denial; readonly limits: RateLimits };

export interface Room {
  /** The least that is left of any budget, in nano-dollars; undefined where no scope has a budget. */
  readonly budgetNano: number | undefined;
}

export interface Settlement {
  readonly tokens: number;
  readonly costNano: number;
}

/** Throws `ledger-unavailable` where the store does not answer. */
export interface Ledger {
  /** What the scopes can still pay, from what was seen last (a read only where nothing was). Decides the output cap. */
  room(scopes: readonly Scope[], nowMs: number): Promise<Room>;
  /** Whether any of the scopes had a budget when it was seen last, from memory alone; undefined where one never was. */
  hasBudget(scopes: readonly Scope[]): boolean | undefined;
  /** Whether any of the scopes had a limit when it was seen last, from memory alone; true where one never was. */
  isLimited(scopes: readonly Scope[]): boolean;
  /** All scopes or none. */
  reserve(request: ReserveRequest): Promise<ReserveResult>;
  /**
   * Reserves more money for it, on all scopes that it is reserved on, and gives it back with that; undefined where a
   * budget has no room, or the day or month that was charged is over. It is not charged to minutes, and is no further
   * request in flight. Only the owner of the reservation may ask, one call after the other. After a failure or a refusal
   * some scopes may hold the money until the reservation is settled, which counts right in every case.
   */
  extend(reservation: Reservation, moreNano: number): Promise<Reservation | undefined>;
  /** Takes a reservation back as if it had never been: the request was not sent. */
  cancel(reservation: Reservation, nowMs: number): Promise<void>;
  /**
   * Replaces what was reserved by what was used. Applying it twice changes nothing. `log` writes the request's row: it
   * is called once the figures stand, and the reservation stays open until it is done, so that a process that dies in
   * between leaves something by which upkeep can write the row.
   */
  settle(reservation: Reservation, actual: Settlement, nowMs: number, log?: () => Promise<void>): Promise<void>;
}

/** The request log, asked what was spent: each request once, a row of its own before one that took it for lost. */
export interface SpendLog {
  /** How long after a request its row may still be missing. 0: all that were written are found. */
  readonly lateMs: number;
  /** Of the requests that began from one instant up to another, by scope, in nano-dollars. Scopes without any are absent. */
  spend(fromMs: number, toMs: number): Promise<ReadonlyMap<Scope, number>>;
}

export interface SecretStore {
  /** The provider keys under this name. Throws `misconfigured` where there are none. */
  providerKeys(name: string, options?: { readonly refresh?: boolean }): Promise<readonly string[]>;
}

/** Where one attempt goes. */
export interface UpstreamTarget {
  readonly provider: string;
  readonly config: ProviderConfig;
  /** One of the provider's base URLs, without a trailing slash. */
  readonly baseUrl: string;
  readonly model: string;
  /** Which of the provider's base URLs it is, from 0, where there are several. */
  readonly replica?: number;
  /** The model's context window, where it is known: input and output together. */
  readonly contextTokens?: number;
}

export interface UpstreamReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: { readonly [name: string]: string };
  /** The whole body as text, for answers that are not streamed and for errors; bounded. */
  text(): Promise<string>;
  frames(framing: Framing): AsyncIterable<Frame>;
  /** Lets go of the connection without reading the rest. */
  cancel(): void;
  /** After the terminal event: reads what little may follow, so that the connection can be used again. Bounded. */
  drain(): Promise<void>;
}

/** Which of a provider's keys a request carries: never the key itself. */
export interface KeyUse {
  /** Its place in the secret, from 0. */
  readonly index: number;
}

export interface KeyVerdict {
  /** The target has another key that can be used at once. */
  readonly another: boolean;
  /** The key was taken out by this: an operator has to look at it. */
  readonly takenOut: boolean;
}

export interface UpstreamOptions {
  readonly stream: boolean;
  readonly signal: AbortSignal;
  readonly connectMs: number;
  readonly firstTokenMs: number;
  readonly idleMs: number;
  /** Where the provider's keys are accounts with prompt caches of their own: what gets the same key each time. */
  readonly conversation?: string;
  /** Whether the answer is under way: until then, and between thoughts, a stream is waited for as for its first token. */
  hasBegun?(): boolean;
  /** Called once, when the request goes out; not where there is no key for it. */
  sending?(key: KeyUse | undefined): void;
}

/** Throws `upstream-unreachable`, `upstream-timeout` or `misconfigured`; any answer with a status is a reply. */
export interface Upstream {
  /** Looks up what a request to this target will need, beside other work. Never throws: who sends meets what is wrong. */
  prepare(target: UpstreamTarget): Promise<void>;
  send(target: UpstreamTarget, request: EncodedRequest, options: UpstreamOptions): Promise<UpstreamReply>;
  /**
   * After a request failed that carried this key: where the key is to blame, it rests or is taken out, and after a refusal
   * the secret is read again first.
   */
  keyFailed(target: UpstreamTarget, key: KeyUse | undefined, error: GatewayError): Promise<KeyVerdict>;
}

/** Never throws and never makes a request wait longer than its bound: a row that cannot be sent goes to standard output. */
export interface RequestLog<Row> {
  write(row: Row): Promise<void>;
}

/** Counts a request's input for a model, where its provider does not. */
export interface TokenCounter {
  count(request: ChatRequest, model: string): Promise<number>;
}

/**
 * Who waits for room on which scope, as far as all instances know. It decides who goes first, never who gets in: it may
 * be late, and nothing is admitted that the ledger does not admit. Throws `ledger-unavailable`.
 */
export interface WaitingLine {
  /** Somebody of this priority waits on the scope until then. */
  join(scope: Scope, priority: number, untilMs: number, nowMs: number): Promise<void>;
  /** Whether anybody of a higher priority does. */
  isHigherWaiting(scope: Scope, priority: number, nowMs: number): Promise<boolean>;
  /** Whether this process has seen somebody wait there lately: where not, newcomers need not ask. */
  isCrowded(scope: Scope, nowMs: number): boolean;
}

/** A complete answer, as it went out. */
export interface StoredAnswer {
  readonly contentType: string;
  readonly body: string;
}

export interface ClaimRequest {
  readonly keyId: string;
  /** As the client gave it. */
  readonly idempotencyKey: string;
  /** Tells requests with the same idempotency key apart. */
  readonly fingerprint: string;
  /** Who claims. */
  readonly requestId: string;
  readonly nowMs: number;
  /** When the request is surely over: after it, another may claim. */
  readonly untilMs: number;
}

export type Claim =
  | { readonly outcome: 'claimed' }
  | { readonly outcome: 'running'; readonly startedAtMs: number; readonly untilMs: number }
  | { readonly outcome: 'answered'; readonly answer: StoredAnswer }
  /** It was answered, but the answer was too large to be kept. */
  | { readonly outcome: 'not-kept' }
  /** The same idempotency key, another request. */
  | { readonly outcome: 'mismatch' };

/** What was answered under an idempotency key. Throws `ledger-unavailable`. */
export interface IdempotencyStore {
  claim(request: ClaimRequest): Promise<Claim>;
  /** Undefined: the answer is not kept, only that there was one. Throws `conflict` where the claim has passed to another. */
  keep(request: ClaimRequest, answer: StoredAnswer | undefined, nowMs: number): Promise<void>;
  /** There is no answer: a repeat may run. */
  release(request: ClaimRequest): Promise<void>;
}
