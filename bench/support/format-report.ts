/** Ratios first, as bars; then the tables; then how to read them. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import type { BenchReport, Ratio, RatioGroup, Table } from './bench.ts';

const BAR_WIDTH = 24;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

export function formatReport(name: string, about: string, report: BenchReport): string {
  const parts = [
    `${name}: ${about}`,
    ...report.groups.map(formatGroup),
    ...report.tables.map(formatTable),
    report.notes.map((note) => `  · ${note}`).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Numbers of two machines cannot be compared; ratios can, roughly. */
export function describeMachine(): string {
  const [first] = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `${first?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} CPUs (load ${load}), Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}

function formatGroup({ title, better, ratios, sides }: RatioGroup): string {
  const width = Math.max(...ratios.map((ratio) => ratio.label.length));
  const longest = Math.max(1, ...ratios.map((ratio) => ratio.median));
  const lines = ratios.map((ratio) => {
    const bar = drawBar(ratio.median / longest).padEnd(BAR_WIDTH);
    return `  ${ratio.label.padEnd(width)}  ${formatRatio(ratio.median).padStart(6)}  ${bar}  ${formatRange(ratio)}  ${formatSides(ratio, sides?.base ?? 'directly')}`;
  });
  const compared = sides === undefined ? 'gateway ÷ direct' : `${sides.measured} ÷ ${sides.base}`;
  return `${title}, ${compared} (${better} is better)\n${lines.join('\n')}`;
}

function formatRatio(value: number): string {
  return `×${formatNumber(value)}`;
}

/** Three digits that say something. */
function formatNumber(value: number): string {
  const digits = Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return Number.isFinite(digits) ? value.toFixed(digits) : String(value);
}

function formatRange({ low, high }: Ratio): string {
  return `[${formatRatio(low)} … ${formatRatio(high)}]`.padEnd(17);
}

function formatSides({ direct, gateway, unit }: Ratio, base: string): string {
  const difference = gateway - direct;
  const added =
    unit === '/s' ? '' : `, ${formatNumber(Math.abs(difference))} ${unit} ${difference < 0 ? 'less' : 'more'}`;
  return `${formatNumber(gateway)} ${unit}, ${base} ${formatNumber(direct)} ${unit}${added}`;
}

function drawBar(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR_WIDTH * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

function formatTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  // The first column is words, the last runs on; those between are numbers.
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const isText = index === 0 || index === columns.length - 1;
        return isText ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0);
      })
      .join('  ')
      .trimEnd();
  return [title, ...[columns, ...rows].map((row) => `  ${line(row)}`)].join('\n');
}
