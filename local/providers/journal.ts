/** The last requests as they came, for tests of what is sent upstream. Credentials are kept as fingerprints only. */
import type { IncomingHttpHeaders } from 'node:http';
import { digest } from './seed.ts';

export interface JournalEntry {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  /** As it was sent, or its beginning. */
  readonly body: string;
}

export interface Journal {
  note(method: string, path: string, headers: IncomingHttpHeaders, body: string): void;
  /** The last ones, the newest at the end. */
  last(count: number): readonly JournalEntry[];
}

const MAX_ENTRIES = 200;
const MAX_BODY_CHARS = 256 * 1024;
const CREDENTIALS = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'cookie']);

export function createJournal(now: () => number): Journal {
  const entries: { readonly at: number; readonly headers: IncomingHttpHeaders; readonly entry: JournalEntry }[] = [];
  return {
    note(method, path, headers, body) {
      // Dates and headers are written out when somebody looks: nobody does under load.
      const entry = { at: '', method, path, headers: {}, body: body.slice(0, MAX_BODY_CHARS) };
      entries.push({ at: now(), headers, entry });
      if (entries.length > MAX_ENTRIES) entries.shift();
    },
    last: (count) =>
      entries.slice(Math.max(0, entries.length - count)).map(({ at, headers, entry }) => ({
        ...entry,
        at: new Date(at).toISOString(),
        headers: withoutCredentials(headers),
      })),
  };
}

function withoutCredentials(headers: IncomingHttpHeaders): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
      return [name, CREDENTIALS.has(name) ? fingerprint(text) : text];
    }),
  );
}

/** `Bearer sha256:1a2b3c4d5e6f`: which key it was, without the key. */
export function fingerprint(value: string): string {
  const space = value.indexOf(' ');
  const key = value.slice(space + 1);
  return `${value.slice(0, space + 1)}sha256:${digest(key).slice(0, 12)}`;
}
