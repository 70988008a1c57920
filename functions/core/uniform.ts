/**
 * A number in (0, 1) that looks drawn at random but follows from the text alone: the same in every process, on every
 * machine, for ever. Not for secrets: who sees the number can find another text that gives it.
 *
 * Two lanes of 32 bits over the UTF-16 code units, apart by their multipliers, each stirred until every bit of the text
 * has moved every bit of the lane (the finalizer of MurmurHash3): 53 bits, which is what a number between 0 and 1 holds.
 */
export function uniform(text: string): number {
  let low = 0x9e3779b9;
  let high = 0x85ebca77;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x5bd1e995) + 1;
  }
  // Crossed, so that two texts that agree in one lane still differ in the whole.
  const bits = stir(high ^ (low >>> 7)) >>> 11;
  return (bits * 2 ** 32 + stir(low ^ (high >>> 13)) + 0.5) / 2 ** 53;
}

function stir(lane: number): number {
  let bits = lane ^ (lane >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
