import * as z from 'zod/mini';

const several = z.object({ keys: z.array(z.string()) });

export type ProviderKeys =
  | { readonly ok: true; readonly keys: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/**
 * What a secret holds: one key as plain text, or `{"keys": ["…"]}`. The problem never quotes the value, which is why
 * the parser's own error (V8 quotes the text that it could not read) is dropped and not passed on as a cause.
 */
export function parseProviderKeys(text: string): ProviderKeys {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: false, problem: 'is empty' };
  let keys: readonly string[] = [trimmed];
  if (trimmed.startsWith('{')) {
    const parsed = several.safeParse(parseOrUndefined(trimmed));
    if (!parsed.success) return { ok: false, problem: 'is neither a plain key nor {"keys": ["…"]}' };
    keys = [...new Set(parsed.data.keys.map((key) => key.trim()).filter((key) => key !== ''))];
  }
  if (keys.length === 0) return { ok: false, problem: 'holds no key' };
  // It becomes a header: a line break or a typographic quote would fail there, later and less clearly.
  if (!keys.every((key) => /^[\x21-\x7e]+$/.test(key))) {
    return { ok: false, problem: 'holds a character that no key has (a space, a line break or a non-ASCII sign)' };
  }
  return { ok: true, keys };
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
