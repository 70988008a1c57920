/**
 * What stands in a meter's `open` set for a request in flight: the minute its reservation expires in, base 36, and the
 * last ten characters of the request id. That is short (it is paid for in every write of the item), tells an operator
 * which request it is, and shows by itself when nobody is left to settle it.
 */
const EXPIRY_CHARS = 5;
const ID_CHARS = 10;
const MINUTE_MS = 60_000;
/** Upkeep comes by once a minute and gets to go first: it also writes the row. */
const GRACE_MS = 5 * MINUTE_MS;

/** `htdgrB1nQx7Rk2_` for a request that ends in `B1nQx7Rk2_` and expires on 2026-11-23 at 12:27. */
export function formatMarker(requestId: string, expiresAtMs: number): string {
  return expiryMinute(expiresAtMs).toString(36).padStart(EXPIRY_CHARS, '0') + requestId.slice(-ID_CHARS);
}

/** What stands in a meter's `raised` set where it holds more for the request: its marker, and which raise it is. */
export const formatRaise = (marker: string, index: number): string => `${marker}+${index}`;

/** Those of the raises that belong to one of the markers. */
export function raisesOf(raised: readonly string[], markers: readonly string[]): readonly string[] {
  return raised.filter((raise) => markers.includes(raise.slice(0, raise.lastIndexOf('+'))));
}

export interface Marker {
  /** The end of the request's id. */
  readonly request: string;
  readonly expiresAtMs: number;
}

export function parseMarker(marker: string): Marker {
  const minute = Number.parseInt(marker.slice(0, EXPIRY_CHARS), 36);
  return { request: marker.slice(EXPIRY_CHARS), expiresAtMs: minute * MINUTE_MS };
}

/** Whether the request behind a marker is surely gone. */
export function isAbandoned(marker: string, nowMs: number): boolean {
  const { expiresAtMs } = parseMarker(marker);
  return Number.isFinite(expiresAtMs) && expiresAtMs + GRACE_MS < nowMs;
}

/** The minute at whose start the reservation has surely expired. */
export const expiryMinute = (expiresAtMs: number): number => Math.ceil(expiresAtMs / MINUTE_MS);
