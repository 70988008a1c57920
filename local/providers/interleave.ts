/** The answers of one request grow side by side. */
export function interleave<T>(all: readonly (readonly T[])[]): readonly T[] {
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  const longest = Math.max(...all.map((steps) => steps.length));
  return Array.from({ length: longest }, (_, index) => all.map((steps) => steps[index]))
    .flat()
    .filter((step) => step !== undefined);
}
