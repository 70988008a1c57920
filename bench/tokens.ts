/** What it costs to know how many tokens a megabyte is: the estimate of every request, and the count of those that ask. */
import { createTokenCounter } from '../functions/adapters/count-tokens.ts';
import type { ChatRequest } from '../functions/core/chat.ts';
import { estimateInputTokens } from '../functions/ledger/estimate-tokens.ts';
import type { BenchContext, BenchReport } from './support/bench.ts';
import { median } from './support/statistics.ts';

export const about = 'the token estimate and the exact count, for a megabyte of ordinary and of adversarial text';

const MEGABYTE = 1 << 20;
const ROUNDS = 5;

const TEXTS: { readonly [name: string]: () => string } = {
  'English prose': () => repeat('It was agreed that the bridge should be repaired before the spring floods. '),
  'one letter': () => repeat('a'),
  spaces: () => repeat(' '),
  'random letters': () => random('abcdefghijklmnopqrstuvwxyz'),
  'random signs': () => random('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'),
  'one emoji': () => repeat('😀'),
  'random emoji': () => random('😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰'),
};

export async function run(context: BenchContext): Promise<BenchReport> {
  const counter = createTokenCounter();
  const loading = await time(async () => counter.count(requestOf(''), 'gpt-5'));
  const rows: string[][] = [];
  for (const [name, make] of Object.entries(TEXTS)) {
    context.progress(name);
    const request = requestOf(make());
    const estimates: number[] = [];
    const counts: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      estimates.push(await time(async () => estimateInputTokens(request)));
      counts.push(await time(async () => counter.count(request, 'gpt-5')));
    }
    const tokens = await counter.count(request, 'gpt-5');
    rows.push([name, `${median(estimates).toFixed(1)} ms`, `${median(counts).toFixed(0)} ms`, String(tokens)]);
  }
  return {
    groups: [],
    tables: [{ title: 'A megabyte of', columns: ['text', 'estimate', 'count', 'tokens'], rows }],
    notes: [`The first count also loads and unpacks the ranks: ${loading.toFixed(0)} ms.`],
  };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function requestOf(text: string): ChatRequest {
  const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text }] }];
  return {
    model: 'm',
    stream: false,
    includeUsage: false,
    messages,
    tools: [],
    stop: [],
    candidates: 1,
    extensions: {},
  };
}

/** A megabyte of UTF-8. */
const repeat = (unit: string): string => unit.repeat(MEGABYTE / Buffer.byteLength(unit));

function random(letters: string): string {
  const units = [...letters];
  const count = Math.floor((MEGABYTE * units.length) / Buffer.byteLength(letters));
  return Array.from({ length: count }, () => units[Math.floor(Math.random() * units.length)]).join('');
}
