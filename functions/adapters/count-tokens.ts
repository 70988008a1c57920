/** Counts a request's input with a real tokenizer, where no provider does it. Hundreds of times slower than the estimate. */
import { setImmediate as otherWork } from 'node:timers/promises';
import type { TokenCounter } from '../core/ports.ts';
import { sumInputTokens } from '../ledger/input-tokens.ts';
import { tokenizerOf } from '../ledger/tokenizers.ts';
import { type BytePairs, boundary, createBytePairs } from './byte-pairs.ts';

/** Some 10 ms of the worst text: then the process's other requests have their turn. */
const WINDOW = 16_384;
/** How far before the end of a window a better place to cut is looked for. */
const LOOK_BACK = 512;

/** The ranks are 2.3 MB of JavaScript, and take 0.2 s and 60 MB to unpack: only processes that count pay for them. */
export function createTokenCounter(): TokenCounter {
  let loading: Promise<BytePairs> | undefined;
  const load = async (): Promise<BytePairs> => {
    const { default: ranks } = await import('js-tiktoken/ranks/o200k_base');
    return createBytePairs(ranks);
  };
  return {
    async count(request, model) {
      loading ??= load();
      const bytePairs = await loading;
      const { factor, rates } = tokenizerOf(model);
      const texts: string[] = [];
      const other = sumInputTokens(request, rates, (text) => {
        texts.push(text);
        return 0;
      });
      let tokens = 0;
      let done = 0;
      for (const text of texts) {
        for (const window of cut(text)) {
          tokens += bytePairs.count(window);
          done += window.length;
          if (done < WINDOW) continue;
          done = 0;
          await otherWork();
        }
      }
      return Math.round(other + tokens * factor);
    },
  };
}

/** A text in windows that are counted one by one. In front of a word the sum is exactly that of the whole. */
function* cut(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const limit = boundary(text, start + WINDOW);
    const end = limit === text.length ? limit : (wordBefore(text, limit) ?? limit);
    yield text.slice(start, end);
    start = end;
  }
}

/** No token of o200k_base begins with something else and goes on with a blank. */
function wordBefore(text: string, limit: number): number | undefined {
  for (let at = limit; at > limit - LOOK_BACK; at -= 1) {
    if (text[at] === ' ' && /\S/.test(text[at - 1] ?? ' ')) return at;
  }
  return undefined;
}
