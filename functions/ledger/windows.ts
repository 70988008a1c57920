/**
 * Time, cut into windows. Every window's id is computed from the clock, so there is no reset job that can be late or
 * run twice.
 *
 * The minute of `limit_rpm` and `limit_tpm` is the last 60 seconds, counted in slots of three. A slot counts in full
 * until all of it is more than a minute old, so no span of 60 seconds ever holds more than the limit; the price is that
 * a slot is remembered up to three seconds too long, 5 % of the rate at worst. (The usual estimate, "this minute plus
 * what is left of the previous one", admits nearly twice the limit when a burst ends one minute and the next grows old:
 * docs/decisions/2026-11-23-ledger-layout.md.)
 */
export const SLOT_MS = 3_000;
/** The slot that is being filled, and those that a span of 60 seconds ending in it can touch. */
export const SLOTS = 21;

export const slotAt = (nowMs: number): number => Math.floor(nowMs / SLOT_MS);

/** When nothing of a slot counts any more. */
export const slotForgottenAtMs = (slot: number): number => (slot + SLOTS) * SLOT_MS;

/** `2026-11-23`, UTC. */
export const dayAt = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 10);

/** `2026-11`, UTC. */
export const monthAt = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 7);

export function dayEndsAtMs(day: string): number {
  const [year, month, date] = split(day);
  return Date.UTC(year, month - 1, date + 1);
}

export function monthEndsAtMs(id: string): number {
  const [year, month] = split(id);
  return Date.UTC(year, month, 1);
}

export const isDay = (id: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(id);
export const isMonth = (id: string): boolean => /^\d{4}-\d{2}$/.test(id);

function split(id: string): readonly [year: number, month: number, date: number] {
  const [year = Number.NaN, month = Number.NaN, date = Number.NaN] = id.split('-').map(Number);
  return [year, month, date];
}
