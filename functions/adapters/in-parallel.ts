import { allOf } from './all-of.ts';

/** So many at once, and their results in order. After a failure nothing more is begun, and what is under way ends first. */
export async function inParallel<T, R>(
  items: Iterable<T>,
  most: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const left = numbered(items);
  const worker = async (): Promise<void> => {
    // A generator, which a worker that fails ends for the others too; the iterator of an array would go on.
    for (const [index, item] of left) results[index] = await work(item);
  };
  await allOf(Array.from({ length: most }, worker));
  return results;
}

function* numbered<T>(items: Iterable<T>): Generator<readonly [number, T]> {
  let index = 0;
  for (const item of items) {
    yield [index, item];
    index += 1;
  }
}
