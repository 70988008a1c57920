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
