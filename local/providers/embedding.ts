/** Vectors that stand for texts: equal for equal texts, of length one, and shortened as the real ones are. */
import { createRandom } from './seed.ts';

export function embedText(model: string, text: string, dimensions: number): readonly number[] {
  const random = createRandom(`${model}#${text}`);
  // The first numbers are the same, however many are asked for.
  const vector = Array.from({ length: dimensions }, () => random() * 2 - 1);
  const length = Math.hypot(...vector);
  return vector.map((value) => Math.fround(value / length));
}
