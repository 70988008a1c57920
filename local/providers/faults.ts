/**
 * Faults on request. The model's name carries them: `gpt-5-mini@429`, several joined with `+`:
 * `claude-sonnet-4-5@fast+tokens-200+cut-at-50`. Any of them may end in `-once`: then only the first request with that
 * model and prompt has it.
 */
export type ErrorName =
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'rate-limited'
  | 'quota'
  | 'context-length'
  | 'content-filter'
  | 'server-error'
  | 'overloaded'
  | 'other';

export type Interruption = 'cut' | 'end' | 'stall' | 'malformed' | 'error-event';

export interface FaultPlan {
  readonly error?: { readonly name: ErrorName; readonly status: number; readonly headers?: Record<string, string> };
  /** `reset`: the socket is destroyed before the headers. `silence`: they never come. `headers`: nothing comes behind them. */
  readonly connection?: 'reset' | 'silence' | 'headers';
  readonly firstTokenMs?: number;
  /** No delays at all. */
  readonly fast?: boolean;
  readonly answerTokens?: number;
  /** The content filter ends the answer here. */
  readonly filterAfterTokens?: number;
  /** What happens once this many tokens were sent. */
  readonly interruption?: { readonly kind: Interruption; readonly afterTokens: number; readonly ms: number };
  readonly omitDone?: boolean;
  readonly omitUsage?: boolean;
  readonly contentType?: string;
  /** Stands in place of the answer's body, with status 200. */
  readonly body?: string;
  readonly gzip?: boolean;
  /** Every character that has several bytes comes in several pieces. */
  readonly splitCharacters?: boolean;
  /** Every token of text is filled up to this length. */
  readonly tokenChars?: number;
  /** Conversations that end with the assistant's words are refused, as by newer models of Claude. */
  readonly refusesPrefill?: boolean;
}

interface Fault {
  readonly pattern: RegExp;
  readonly example: string;
  readonly about: string;
  plan(...numbers: readonly number[]): FaultPlan;
}

const STATUS_NAMES: { readonly [status: number]: ErrorName } = {
  400: 'bad-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  429: 'rate-limited',
  500: 'server-error',
  503: 'overloaded',
  529: 'overloaded',
};

const fail = (status: number, name: ErrorName = STATUS_NAMES[status] ?? 'other'): FaultPlan => ({
  error: { name, status },
});
const retryAfter = (name: string, value: string): FaultPlan => ({
  error: { name: 'rate-limited', status: 429, headers: { [name]: value } },
});
const interrupt = (kind: Interruption, afterTokens: number, ms = 0): FaultPlan => ({
  interruption: { kind, afterTokens, ms },
});
const PAGE = '<!doctype html><html><head><title>Sign in</title></head><body>Please sign in to continue.</body></html>';

/** biome-ignore format: a table is read by its columns */
export const FAULTS: readonly Fault[] = [
  { pattern: /^([45]\d\d)$/,                   example: '500',                      about: "an error with this status, in the provider's shape",  plan: (status = 500) => fail(status) },
  { pattern: /^429-quota$/,                    example: '429-quota',                about: 'the account has no credit left',                      plan: () => fail(429, 'quota') },
  { pattern: /^429-retry-after-(\d+)$/,        example: '429-retry-after-2',        about: '429 with `retry-after` in seconds',                   plan: (seconds = 1) => retryAfter('retry-after', String(seconds)) },
  { pattern: /^429-retry-after-ms-(\d+)$/,     example: '429-retry-after-ms-250',   about: '429 with `retry-after-ms`',                           plan: (ms = 1) => retryAfter('retry-after-ms', String(ms)) },
  { pattern: /^429-retry-after-date-(\d+)$/,   example: '429-retry-after-date-2',   about: '429 with `retry-after` as a date so many seconds on', plan: (seconds = 1) => retryAfter('retry-after', new Date(Date.now() + seconds * 1000).toUTCString()) },
  { pattern: /^context-length$/,               example: 'context-length',           about: '400: the prompt is longer than the window',           plan: () => fail(400, 'context-length') },
  { pattern: /^content-filter$/,               example: 'content-filter',           about: '400: refused by the content filter',                  plan: () => fail(400, 'content-filter') },
  { pattern: /^content-filter-at-(\d+)$/,      example: 'content-filter-at-5',      about: 'the filter ends the answer after so many tokens',     plan: (tokens = 0) => ({ filterAfterTokens: tokens }) },
  { pattern: /^reset$/,                        example: 'reset',                    about: 'the connection is destroyed before the headers',      plan: () => ({ connection: 'reset' }) },
  { pattern: /^silence$/,                      example: 'silence',                  about: 'the headers never come',                              plan: () => ({ connection: 'silence' }) },
  { pattern: /^slow-first-token-(\d+)$/,       example: 'slow-first-token-5000',    about: 'headers at once, the first token after so many ms',   plan: (ms = 0) => ({ firstTokenMs: ms }) },
  { pattern: /^cut-at-(\d+)$/,                 example: 'cut-at-5',                 about: 'the connection is destroyed after so many tokens',    plan: (tokens = 0) => interrupt('cut', tokens) },
  { pattern: /^end-at-(\d+)$/,                 example: 'end-at-5',                 about: 'a clean end without the terminal event',              plan: (tokens = 0) => interrupt('end', tokens) },
  { pattern: /^stall-at-(\d+)-(\d+)$/,         example: 'stall-at-5-3000',          about: 'after so many tokens a pause of so many ms',          plan: (tokens = 0, ms = 0) => interrupt('stall', tokens, ms) },
  { pattern: /^malformed-at-(\d+)$/,           example: 'malformed-at-3',           about: 'one broken event between good ones',                  plan: (tokens = 0) => interrupt('malformed', tokens) },
  { pattern: /^error-event-at-(\d+)$/,         example: 'error-event-at-3',         about: 'an error event after so many tokens, then the end',   plan: (tokens = 0) => interrupt('error-event', tokens) },
  { pattern: /^no-done$/,                      example: 'no-done',                  about: 'all but the terminal event',                          plan: () => ({ omitDone: true }) },
  { pattern: /^no-usage$/,                     example: 'no-usage',                 about: 'no usage is reported',                                plan: () => ({ omitUsage: true }) },
  { pattern: /^wrong-content-type$/,           example: 'wrong-content-type',       about: 'the right answer as text/html',                       plan: () => ({ contentType: 'text/html' }) },
  { pattern: /^sign-in-page$/,                 example: 'sign-in-page',             about: "a proxy's HTML page with status 200",                 plan: () => ({ contentType: 'text/html', body: PAGE }) },
  { pattern: /^empty-body$/,                   example: 'empty-body',               about: 'status 200 and nothing else',                         plan: () => ({ body: '' }) },
  { pattern: /^gzip$/,                         example: 'gzip',                     about: 'compressed, whether it was asked for or not',         plan: () => ({ gzip: true }) },
  { pattern: /^headers-only$/,                 example: 'headers-only',             about: 'headers at once, and then nothing',                   plan: () => ({ connection: 'headers' }) },
  { pattern: /^split-characters$/,             example: 'split-characters',         about: 'chunks end within characters',                        plan: () => ({ splitCharacters: true }) },
  { pattern: /^wide-(\d+)$/,                   example: 'wide-4000',                about: 'every token of text has so many characters',          plan: (chars = 1) => ({ tokenChars: chars }) },
  { pattern: /^no-prefill$/,                   example: 'no-prefill',               about: "400 where the last turn is the assistant's",          plan: () => ({ refusesPrefill: true }) },
  { pattern: /^flapping-(\d+)$/,               example: 'flapping-500',             about: '503 for so many ms, then well for as long, and so on', plan: (ms = 1) => (Math.floor(Date.now() / ms) % 2 === 0 ? fail(503) : {}) },
  { pattern: /^run-([a-z0-9-]+)$/,             example: 'run-1',                    about: 'nothing: tells targets of one model apart',           plan: () => ({}) },
  { pattern: /^fast$/,                         example: 'fast',                     about: 'no delays at all',                                    plan: () => ({ fast: true }) },
  { pattern: /^tokens-(\d+)$/,                 example: 'tokens-200',               about: 'the length of a text answer',                         plan: (tokens = 1) => ({ answerTokens: tokens }) },
];

export interface ParsedModel {
  /** Without the faults. */
  readonly name: string;
  readonly plan: FaultPlan;
  /** Holds for the first request only. */
  readonly oncePlan: FaultPlan;
  /** A fault that does not exist. */
  readonly unknown: string | undefined;
}

export function parseModel(model: string): ParsedModel {
  const at = model.lastIndexOf('@');
  if (at < 0) return { name: model, plan: {}, oncePlan: {}, unknown: undefined };
  let plan: FaultPlan = {};
  let oncePlan: FaultPlan = {};
  let unknown: string | undefined;
  for (const word of model.slice(at + 1).split('+')) {
    const once = word.endsWith('-once');
    const found = findFault(once ? word.slice(0, -'-once'.length) : word);
    if (found === undefined) unknown ??= word;
    else if (once) oncePlan = { ...oncePlan, ...found };
    else plan = { ...plan, ...found };
  }
  return { name: model.slice(0, at), plan, oncePlan, unknown };
}

function findFault(word: string): FaultPlan | undefined {
  for (const fault of FAULTS) {
    const match = fault.pattern.exec(word);
    if (match !== null) return fault.plan(...match.slice(1).map(Number));
  }
  return undefined;
}
