/** What a provider or a client cannot do, and what happens instead: nothing is skipped without a word. */
import type { Client } from './client.ts';
import type { Provider } from './providers.ts';

export interface Footnote {
  readonly cases: readonly string[];
  /** Dialects or names of clients; all where absent. */
  readonly clients?: readonly string[];
  /** Names of providers; all where absent. */
  readonly providers?: readonly string[];
  readonly reason: string;
  /** Where the request is refused, with 400: what the message has to say. Otherwise the cell passes as all others do. */
  readonly refusal?: RegExp;
}

export const FOOTNOTES: readonly Footnote[] = [];

export function findFootnote(id: string, client: Client, provider: Provider): Footnote | undefined {
  return FOOTNOTES.find(
    ({ cases, clients, providers }) =>
      cases.includes(id) &&
      (clients === undefined || clients.some((name) => name === client.name || name === client.dialect)) &&
      (providers === undefined || providers.includes(provider.name)),
  );
}
