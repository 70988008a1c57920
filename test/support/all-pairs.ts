/**
 * Few combinations that hold every value of each choice together with every value of every other: faults of options are
 * faults of one or of two, and all combinations would be thousands. Greedy, and the same each time.
 */
export function allPairs<T>(choices: {
  readonly [name: string]: readonly T[];
}): readonly { readonly [name: string]: T }[] {
  const names = Object.keys(choices);
  const count = (name: string): number => choices[name]?.length ?? 0;
  const pairOf = (a: string, i: number, b: string, j: number): string =>
    a < b ? `${a}${i}&${b}${j}` : `${b}${j}&${a}${i}`;
  const open = new Set<string>();
  for (const a of names) {
    for (const b of names.filter((other) => other > a)) {
      for (let i = 0; i < count(a); i += 1) for (let j = 0; j < count(b); j += 1) open.add(pairOf(a, i, b, j));
    }
  }
  const combinations: ReadonlyMap<string, number>[] = [];
  while (open.size > 0) {
    const [first = ''] = open;
    const chosen = new Map(
      first.split('&').map((part): [string, number] => {
        const [, name = '', index = '0'] = /^(.+?)(\d+)$/.exec(part) ?? [];
        return [name, Number(index)];
      }),
    );
    const gain = (name: string, index: number): number =>
      [...chosen].filter(([other, at]) => other !== name && open.has(pairOf(name, index, other, at))).length;
    for (const name of names.filter((each) => !chosen.has(each))) {
      let best = 0;
      for (let index = 1; index < count(name); index += 1) if (gain(name, index) > gain(name, best)) best = index;
      chosen.set(name, best);
    }
    for (const [a, i] of chosen) for (const [b, j] of chosen) if (a !== b) open.delete(pairOf(a, i, b, j));
    combinations.push(chosen);
  }
  return combinations.map((chosen) =>
    Object.fromEntries(
      [...chosen].flatMap(([name, index]) => {
        const value = choices[name]?.[index];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  );
}
