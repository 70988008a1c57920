/**
 * What of a request or an answer is kept: every text and name redacted, media by type, size and hash only, all of it
 * together no longer than a bound.
 */
import { isJsonObject, type Json } from '../core/json.ts';
import { ALNUM, BASE64, runEnd, URL_SAFE } from './redact/characters.ts';
import type { Redactor } from './redact.ts';

export interface CondenseOptions {
  readonly redactor: Redactor;
  /** SHA-256 of what the base64 stands for, in hex. */
  readonly hash: (base64: string) => string;
  /** Characters of text that are kept in all. */
  readonly most: number;
}

export interface Condenser {
  keep(value: Json | undefined, name?: string): Json;
  /** Something was left out for its size. */
  readonly isCut: boolean;
}

/** Base64 of this length is a picture, a document or an encrypted thought; nobody reads it in a log. */
const BINARY_CHARACTERS = 1_024;
const DATA_URL_CHARACTERS = 64;
/** What is looked at beyond what is kept, so that no secret is cut in half before it is seen. */
const MARGIN = 32_768;
const DEPTH = 100;

export function createCondenser({ redactor, hash, most }: CondenseOptions): Condenser {
  let left = most;
  let isCut = false;

  const binary = (type: string, base64: string): string => `[${type}:${byteLength(base64)}:${hash(base64)}]`;

  const bounded = (redacted: string): string => {
    const kept = redacted.slice(0, left);
    if (kept.length < redacted.length) isCut = true;
    left -= kept.length;
    return kept;
  };

  const text = (raw: string, name: string): string => {
    if (raw.length >= BINARY_CHARACTERS && runEnd(raw, 0, ALNUM | BASE64 | URL_SAFE) === raw.length) {
      return bounded(binary('binary', raw));
    }
    const light = replaceDataUrls(raw, binary);
    // A window that is a document no more is redacted as text.
    const seen = light.length > left + MARGIN ? light.slice(0, left + MARGIN) : light;
    if (seen.length < light.length) isCut = true;
    return bounded(redactor.text(seen, name));
  };

  const keep = (value: Json | undefined, name: string, depth: number): Json => {
    if (value === undefined || value === null || typeof value === 'boolean') return value ?? null;
    if (typeof value === 'string') return text(value, name);
    if (typeof value === 'number') {
      const kept = redactor.value(value);
      // One that is a card is a text by now.
      return typeof kept === 'string' ? bounded(kept) : kept;
    }
    if (depth > DEPTH || left <= 0) {
      isCut = true;
      return null;
    }
    left = Math.max(0, left - 2);
    if (Array.isArray(value)) return value.map((element: Json) => keep(element, '', depth + 1));
    if (!isJsonObject(value)) return null;
    const { type, mediaType, data } = value;
    if (type === 'base64' && typeof mediaType === 'string' && typeof data === 'string') {
      return { type: 'media', mediaType, bytes: byteLength(data), sha256: hash(data) };
    }
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(fields.map(([key, field]) => [text(key, ''), keep(field, key, depth + 1)]));
  };

  return {
    keep: (value, name = '') => keep(value, name, 0),
    get isCut() {
      return isCut;
    },
  };
}

/** Of what the base64 stands for. */
function byteLength(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return Math.floor(((base64.length - padding) * 3) / 4);
}

const MARK = ';base64,';
const TYPE_CHARACTERS = 100;

/** `data:image/png;base64,…` inside a text: pictures in Markdown, and URLs of pictures. */
function replaceDataUrls(text: string, replacement: (type: string, base64: string) => string): string {
  const pieces: string[] = [];
  let done = 0;
  for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK, at + MARK.length)) {
    const from = at + MARK.length;
    const end = runEnd(text, from, ALNUM | BASE64 | URL_SAFE);
    const window = text.slice(Math.max(done, at - TYPE_CHARACTERS), at);
    const start = window.lastIndexOf('data:');
    if (start === -1 || end - from < DATA_URL_CHARACTERS) continue;
    const type = window.slice(start + 'data:'.length);
    pieces.push(text.slice(done, at - window.length + start), replacement(type, text.slice(from, end)));
    done = end;
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(done);
}
