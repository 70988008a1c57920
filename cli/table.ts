/** Tables for people: aligned columns, a line under the head, bars for shares. */

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export interface TableOptions {
  /** A last line, set off by a rule. */
  readonly total?: readonly string[];
  /** Columns of the terminal. A table that is wider is written as one block a row. */
  readonly width?: number | undefined;
}

/** Longer cells are cut where the output goes to a terminal; into a file or a pipe they go whole. */
const CELL_WIDTH = 60;
const GAP = '  ';

export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const { total, width } = options;
  const clean = (cells: readonly string[]) =>
    cells.map((cell) => printable(cell, width === undefined ? 0 : CELL_WIDTH));
  const head = clean(columns.map((column) => column.title));
  const body = rows.map(clean);
  const foot = total === undefined ? [] : [clean(total)];
  const widths = head.map((title, index) =>
    [title, ...[...body, ...foot].map((cells) => cells[index] ?? '')].reduce(
      (most, cell) => Math.max(most, length(cell)),
      0,
    ),
  );
  const wide = widths.reduce((sum, cell) => sum + cell + GAP.length, -GAP.length);
  if (width !== undefined && wide > width) return formatBlocks(head, [...body, ...foot]);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align === 'right'))
      .join(GAP)
      .trimEnd();
  const rule = widths.map((cell) => '─'.repeat(cell)).join(GAP);
  return [line(head), rule, ...body.map(line), ...foot.flatMap((cells) => [rule, line(cells)])].join('\n');
}

/** `███▌` for a share of 0 to 1, in eighths of a cell. */
export function bar(share: number, cells: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * cells * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (eighths % 8 === 0 ? '' : ('▏▎▍▌▋▊▉'[(eighths % 8) - 1] ?? ''));
}

/** `1,234,567` */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** One block a row, a line a column: what a wide row looks like on a narrow terminal. */
function formatBlocks(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = head.reduce((most, title) => Math.max(most, length(title)), 0);
  return rows
    .map((cells, index) =>
      [
        `── ${index + 1} ${'─'.repeat(width)}`,
        ...head.map((title, at) => `${pad(title, width, false)}${GAP}${cells[at]}`),
      ].join('\n'),
    )
    .join('\n');
}

/** Model names and metadata come from clients: what steers a terminal is not printed. */
function printable(text: string, most: number): string {
  const safe = text.replace(/\p{Cc}|\p{Cf}/gu, '\u{fffd}');
  const signs = [...safe];
  return most === 0 || signs.length <= most ? safe : `${signs.slice(0, most - 1).join('')}…`;
}

function pad(text: string, width: number, right: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - length(text)));
  return right ? fill + text : text + fill;
}

/** Cells on the terminal: East Asian letters and emoji take two. */
function length(text: string): number {
  let cells = 0;
  for (const sign of text)
    cells += /\p{M}/u.test(sign)
      ? 0
      : /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{Emoji_Presentation}\uff01-\uff60]/u.test(sign)
        ? 2
        : 1;
  return cells;
}
