/**
 * What it costs to look through a megabyte for secrets and for attacks: about as much whatever is in it, since nothing
 * backtracks. JSON within a string is looked at as it stands and as it reads, and takes twice as long.
 */
import { observe } from '../functions/records/observe.ts';
import { ownDetectors } from '../functions/records/own-patterns.ts';
import { createRedactor } from '../functions/records/redact.ts';
import type { BenchContext, BenchReport } from './support/bench.ts';
import { median } from './support/statistics.ts';

export const about = 'redaction of a megabyte of ordinary and of adversarial text';

const MEGABYTE = 1 << 20;
const ROUNDS = 9;

const TEXTS: { readonly [name: string]: string } = {
  'English prose': 'It was agreed on 12 May that the bridge should be repaired before the spring floods. ',
  'JSON in a string': '{\\"name\\":\\"value\\",\\"count\\":12,\\"text\\":\\"a\\\\nb\\"},',
  'addresses of mail': 'jane.doe@example.com ',
  'at signs': 'a@',
  digits: '1 ',
  'groups of digits': '12345 ',
  'beginnings of keys': 'sk-',
  'openings of private keys': '-----BEGIN PRIVATE KEY----- ',
  base64: 'QUJDREVGR0hJSktM',
  'beginnings of accounts': 'DE89 ',
  Chinese: '联系方式',
};

export async function run(context: BenchContext): Promise<BenchReport> {
  const plain = createRedactor();
  const own = createRedactor(ownDetectors([{ name: 'staff', pattern: 'EMP-\\d{4,}' }]));
  const rows = Object.entries(TEXTS).map(([name, piece]) => {
    context.progress(name);
    const text = piece.repeat(Math.ceil(MEGABYTE / piece.length)).slice(0, MEGABYTE);
    return [name, time(() => plain.text(text)), time(() => own.text(text)), time(() => observe(text))];
  });
  return {
    groups: [],
    notes: [],
    tables: [{ title: 'A megabyte of', columns: ['text', 'redacted', 'with an own pattern', 'observed'], rows }],
  };
}

function time(work: () => unknown): string {
  const milliseconds = Array.from({ length: ROUNDS }, () => {
    // The processor's time: what else runs on the machine is none of it.
    const start = process.cpuUsage();
    work();
    return process.cpuUsage(start).user / 1_000;
  });
  return `${median(milliseconds).toFixed(1)} ms`;
}
