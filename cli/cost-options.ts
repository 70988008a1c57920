import { InvalidArgumentError } from 'commander';
import { GROUP_COLUMNS } from './cost-query.ts';
import { isDay, parseList } from './parse.ts';

/** What people call the columns. */
const ALIASES: { readonly [name: string]: string } = { key: 'key_id', user: 'user_id', dt: 'day', date: 'day' };

export function parseGroups(text: string): readonly string[] {
  const names = parseList(text).map((name) => ALIASES[name] ?? name);
  const unknown = names.find((name) => !GROUP_COLUMNS.includes(name));
  if (unknown === undefined) return [...new Set(names)];
  throw new InvalidArgumentError(`There is no column "${unknown}". There are: ${GROUP_COLUMNS.join(', ')}.`);
}

export function parseDate(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError('A day is wanted, e.g. 2026-11-01.');
}
