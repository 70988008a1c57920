/** The prompt caches of both providers: OpenAI's finds common prefixes by itself, Anthropic's at marked breakpoints. */
import { digest } from './seed.ts';

export type CacheTtl = '5m' | '1h';

/** A piece of a prompt in the order that the provider caches in. */
export interface PromptPiece {
  readonly text: string;
  readonly tokens: number;
  /** A breakpoint behind this piece. */
  readonly cache?: CacheTtl;
}

export interface CacheUse {
  readonly readTokens: number;
  readonly write5mTokens: number;
  readonly write1hTokens: number;
}

export interface PromptCache {
  /** What is read from the cache; the prompt is in it from then on. */
  automatic(scope: string, pieces: readonly PromptPiece[]): CacheUse;
  marked(scope: string, pieces: readonly PromptPiece[]): CacheUse;
}

/** Shorter prompts are not cached (both providers document 1,024 tokens for most models). */
const MIN_TOKENS = 1024;
/** OpenAI reports cached tokens in steps of 128. */
const STEP_TOKENS = 128;
/** About as many characters as a step has tokens: the prompt is hashed in blocks, without being split into tokens. */
const BLOCK_CHARS = 512;
const MAX_BLOCKS = 4_000;
/** Anthropic looks for an earlier breakpoint at most so many blocks back from each one. */
const LOOKBACK_PIECES = 20;
const TTL_MS = { '5m': 300_000, '1h': 3_600_000 } as const;
const NOTHING: CacheUse = { readTokens: 0, write5mTokens: 0, write1hTokens: 0 };

export function createPromptCache(options: { readonly now: () => number; readonly capacity?: number }): PromptCache {
  const capacity = options.capacity ?? 50_000;
  /** Key → when it expires. A map keeps the order of insertion, so the first ones are the oldest. */
  const entries = new Map<string, number>();

  function has(key: string): boolean {
    const expiresAt = entries.get(key);
    return expiresAt !== undefined && expiresAt > options.now();
  }

  function put(key: string, ttl: CacheTtl): void {
    const expiresAt = Math.max(entries.get(key) ?? 0, options.now() + TTL_MS[ttl]);
    entries.delete(key);
    entries.set(key, expiresAt);
    if (entries.size > capacity) for (const oldest of entries.keys().take(1)) entries.delete(oldest);
  }

  return {
    automatic(scope, pieces) {
      const tokens = sum(pieces);
      if (tokens < MIN_TOKENS) return NOTHING;
      const text = pieces.map((piece) => piece.text).join('\n');
      const keys: string[] = [];
      for (let end = BLOCK_CHARS; end <= text.length && keys.length < MAX_BLOCKS; end += BLOCK_CHARS) {
        keys.push(digest(`${keys.at(-1) ?? scope}|${text.slice(end - BLOCK_CHARS, end)}`));
      }
      const known = keys.findLastIndex(has) + 1;
      for (const key of keys) put(key, '5m');
      const cached = Math.floor((tokens * known * BLOCK_CHARS) / text.length / STEP_TOKENS) * STEP_TOKENS;
      return { ...NOTHING, readTokens: cached < MIN_TOKENS ? 0 : cached };
    },

    marked(scope, pieces) {
      const last = pieces.findLastIndex((piece) => piece.cache !== undefined);
      if (last < 0) return NOTHING;
      const keys: string[] = [];
      for (const piece of pieces.slice(0, last + 1)) keys.push(digest(`${keys.at(-1) ?? scope}|${piece.text}`));
      const before = (end: number): number => sum(pieces.slice(0, end));
      const reachable = (index: number): boolean =>
        pieces.slice(index, index + LOOKBACK_PIECES + 1).some((piece) => piece.cache !== undefined);
      const read = keys.findLastIndex((key, index) => reachable(index) && has(key)) + 1;

      let written = read;
      const writes = { '5m': 0, '1h': 0 };
      pieces.slice(0, last + 1).forEach((piece, index) => {
        const key = keys[index];
        if (piece.cache === undefined || key === undefined || before(index + 1) < MIN_TOKENS) return;
        put(key, piece.cache);
        if (index < written) return;
        writes[piece.cache] += before(index + 1) - before(written);
        written = index + 1;
      });
      return { readTokens: before(read), write5mTokens: writes['5m'], write1hTokens: writes['1h'] };
    },
  };
}

function sum(pieces: readonly PromptPiece[]): number {
  return pieces.reduce((total, piece) => total + piece.tokens, 0);
}
