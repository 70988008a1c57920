/** What an encoder had to leave out, by name. */
export interface DropList {
  drop(name: string): void;
  names(): readonly string[];
}

/** The first place of each kind: thousands of messages may carry the same, and the names go into a header. */
export function createDropList(initial: readonly string[] = []): DropList {
  const byKind = new Map(initial.map((name) => [name, name]));
  return {
    drop(name) {
      const kind = name.replace(/\[\d+\]/g, '[]');
      if (!byKind.has(kind)) byKind.set(kind, name);
    },
    names: () => [...byKind.values()],
  };
}
