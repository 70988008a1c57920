/** Media inside of a request: `data:TYPE;base64,DATA`. */
import type { MediaSource } from './chat.ts';
import { invalidRequest, type Path } from './parse.ts';

/** An http, https or data URL that a client sent. */
export function readMediaUrl(url: string, at: Path): MediaSource {
  if (isDataUrl(url)) return readDataUrl(url, at);
  if (/^https?:\/\//i.test(url)) return { type: 'url', url };
  throw invalidRequest(at, 'must be an http, https or data URL');
}

export function isDataUrl(url: string): boolean {
  return url.slice(0, 5).toLowerCase() === 'data:';
}

/** By hand and not by pattern: the data is megabytes long. The head is not; a search for the comma is bounded. */
export function readDataUrl(url: string, at: Path): MediaSource {
  const head = url.slice(0, 256);
  const comma = head.indexOf(',');
  const match = /^data:([^;,]+)(?:;[^;,]+)*;base64$/i.exec(head.slice(0, Math.max(comma, 0)));
  if (match?.[1] === undefined) throw invalidRequest(at, 'must be a data URL of the form data:TYPE;base64,DATA');
  const data = url.slice(comma + 1);
  if (data === '') throw invalidRequest(at, 'holds no data');
  return { type: 'base64', mediaType: match[1].toLowerCase(), data };
}

export function toDataUrl(source: { readonly mediaType: string; readonly data: string }): string {
  return `data:${source.mediaType};base64,${source.data}`;
}
