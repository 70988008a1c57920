export interface MergedTurn<Role, Block> {
  readonly role: Role;
  readonly blocks: readonly Block[];
}

/**
 * Turns that nothing is left of are gone; neighbours of one role are one turn, for providers that want roles to alternate.
 * Blocks are collected in place: copying what was merged before would be quadratic (30,000 short messages fit a MB).
 */
export function mergeTurns<Role, Block>(turns: readonly MergedTurn<Role, Block>[]): MergedTurn<Role, Block>[] {
  const merged: { role: Role; blocks: Block[] }[] = [];
  for (const { role, blocks } of turns) {
    if (blocks.length === 0) continue;
    const previous = merged.at(-1);
    if (previous?.role === role) for (const block of blocks) previous.blocks.push(block);
    else merged.push({ role, blocks: [...blocks] });
  }
  return merged;
}
