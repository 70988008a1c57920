/**
 * How many tokens a text is by OpenAI's byte-pair encoding. The ranks are js-tiktoken's; the merging is not: its own is
 * cubic in what has no break (16,000 times one letter: 14 s, 16,000 random letters: 22 s) and takes 0.7 s and 150 MB to
 * construct. This one takes 0.2 s, and pieces are cut where they are longer than any word.
 */
export interface Ranks {
  readonly pat_str: string;
  /** Lines of `! OFFSET TOKEN TOKEN …`, the tokens as base64, their ranks ascending from the offset. */
  readonly bpe_ranks: string;
}

export interface BytePairs {
  /** Of a text of any kind; names of special tokens are text like any other. */
  count(text: string): number;
}

/** The merge of a piece compares all its pairs each time: a cost that is quadratic up to here, and linear beyond. */
const LONGEST_PIECE = 128;
const NONE = 0x7fffffff;

export function createBytePairs(ranks: Ranks): BytePairs {
  const pattern = new RegExp(ranks.pat_str, 'gu');
  const { rankOf, pairRanks } = readRanks(ranks.bpe_ranks);

  // Used again for each piece: a piece is at most three bytes a UTF-16 unit, and one place is for its end.
  const next = new Int32Array(LONGEST_PIECE * 3 + 1);
  const previous = new Int32Array(LONGEST_PIECE * 3 + 1);
  /** The rank of what the part that begins here and its successor make together. */
  const merged = new Int32Array(LONGEST_PIECE * 3 + 1);

  function rankAt(bytes: string, start: number): number {
    const second = next[start] ?? 0;
    return second >= bytes.length ? NONE : (rankOf.get(bytes.slice(start, next[second])) ?? NONE);
  }

  /** Tokens of bytes that are no token themselves: pairs are merged, the lowest rank first, until none is a token. */
  function merge(bytes: string): number {
    const size = bytes.length;
    for (let index = 0; index < size; index += 1) {
      next[index] = index + 1;
      previous[index + 1] = index;
      // Behind the last byte stands NaN, which makes it none.
      merged[index] = pairRanks[bytes.charCodeAt(index) * 256 + bytes.charCodeAt(index + 1)] ?? NONE;
    }
    for (let parts = size; ; parts -= 1) {
      let lowest = NONE;
      let at = 0;
      for (let index = 0; index < size; index += 1) {
        const rank = merged[index] ?? NONE;
        if (rank < lowest) {
          lowest = rank;
          at = index;
        }
      }
      if (lowest === NONE) return parts;
      const second = next[at] ?? 0;
      const third = next[second] ?? 0;
      next[at] = third;
      previous[third] = at;
      merged[second] = NONE;
      merged[at] = rankAt(bytes, at);
      if (at > 0) {
        const before = previous[at] ?? 0;
        merged[before] = rankAt(bytes, before);
      }
    }
  }

  return {
    count(text) {
      const ascii = Buffer.byteLength(text) === text.length;
      // Text repeats itself, and so do the pieces of what has no break. Of one text only: nothing of it stays.
      const known = new Map<string, number>();
      let tokens = 0;
      for (const match of text.match(pattern) ?? []) {
        for (let start = 0; start < match.length; ) {
          const end = boundary(match, start + LONGEST_PIECE);
          const piece = start === 0 && end === match.length ? match : match.slice(start, end);
          start = end;
          let count = known.get(piece);
          if (count === undefined) {
            const bytes = ascii ? piece : Buffer.from(piece).toString('latin1');
            count = rankOf.has(bytes) ? 1 : merge(bytes);
            known.set(piece, count);
          }
          tokens += count;
        }
      }
      return tokens;
    },
  };
}

/** `at`, or one less where that would part the halves of a character. */
export function boundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

/** Bytes as Latin-1 text: for ASCII, which most text is, that is the text itself. */
function readRanks(lines: string): { readonly rankOf: Map<string, number>; readonly pairRanks: Int32Array } {
  const rankOf = new Map<string, number>();
  const pairRanks = new Int32Array(65_536).fill(NONE);
  for (const line of lines.split('\n')) {
    const [, offset, ...tokens] = line.split(' ');
    let rank = Number(offset);
    for (const token of tokens) {
      const bytes = atob(token);
      rankOf.set(bytes, rank);
      if (bytes.length === 2) pairRanks[bytes.charCodeAt(0) * 256 + bytes.charCodeAt(1)] = rank;
      rank += 1;
    }
  }
  return { rankOf, pairRanks };
}
