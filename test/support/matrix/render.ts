/** What was found, as a page: one table a client, providers across, cases down. */
import type { Case } from './cases.ts';
import type { Client } from './client.ts';
import type { Footnote } from './footnotes.ts';
import type { Provider } from './providers.ts';

export type Verdict = { readonly passed: true; readonly footnote: Footnote | undefined } | { readonly passed: false };

export interface Found {
  readonly client: Pick<Client, 'name'>;
  readonly provider: Pick<Provider, 'title'>;
  readonly scene: Pick<Case, 'title'>;
  readonly verdict: Verdict;
}

const HEAD = `# Compatibility

Every official SDK below talks to the gateway, and the gateway to a simulated provider of every dialect: streamed and whole, read back by the SDK itself. A ✓ says that the answer is the right one and that both ways give the same text, calls, finish reason and usage; that errors arrive as the SDK's own error classes with the status and code of its dialect; and that a second turn works with the SDK's own history, with every proof of reasoning byte for byte as the provider gave it, and none of it at another provider. (Claude signs with the same keys at Anthropic and on Bedrock: between those two, proofs go along.)

Real providers are not asked here: the simulated ones in \`local/providers\` refuse what the real ones are known to refuse.

\`npm run matrix\` makes this page, \`test/golden/matrix\` holds it to the truth.
`;

export function renderPage(found: readonly Found[]): string {
  const notes: Footnote[] = [];
  const tables = groupBy(found, ({ client }) => client.name).map(
    ([name, cells]) => `## ${name}\n\n${renderTable(cells, notes)}\n`,
  );
  const list = notes.map((note, index) => `${index + 1}. ${note.reason}`);
  return `${[HEAD, ...tables, `## Notes\n\n${list.join('\n')}`].join('\n')}\n`;
}

/** For a terminal: one line a case, one mark a provider. */
export function renderLine({ verdict }: Pick<Found, 'verdict'>): string {
  if (!verdict.passed) return '✗';
  return verdict.footnote?.refusal === undefined ? '✓' : '400';
}

function renderTable(cells: readonly Found[], notes: Footnote[]): string {
  const rows = groupBy(cells, ({ scene }) => scene.title);
  const providers = [...new Set(cells.map(({ provider }) => provider.title))];
  const lines = rows.map(([title, row]) => [title, ...row.map((cell) => renderCell(cell, notes))]);
  const rule = ['---', ...providers.map(() => ':-:')];
  return [['', ...providers], rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function renderCell(cell: Found, notes: Footnote[]): string {
  const footnote = cell.verdict.passed ? cell.verdict.footnote : undefined;
  if (footnote === undefined) return renderLine(cell);
  if (!notes.includes(footnote)) notes.push(footnote);
  return `${renderLine(cell)} <sup>${notes.indexOf(footnote) + 1}</sup>`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly [string, readonly T[]])[] {
  return [...Map.groupBy(items, keyOf)];
}
