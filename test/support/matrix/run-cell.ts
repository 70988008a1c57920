/** One cell: the case is played whole and streamed, both are checked, and both must agree. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { inspect } from 'node:util';
import type { Case, Context } from './cases.ts';
import type { Outcome } from './client.ts';
import { type Footnote, findFootnote } from './footnotes.ts';

export type Cell = Omit<Context, 'streamed'> & { readonly scene: Case };

export function nameCell({ client, provider, scene }: Pick<Cell, 'client' | 'provider' | 'scene'>): string {
  return `${client.name} × ${provider.title} × ${scene.title}`;
}

/** Throws with both outcomes where the cell fails. Gives the footnote that it passes with, if there is one. */
export async function runCell({ scene, ...context }: Cell): Promise<Footnote | undefined> {
  const footnote = findFootnote(scene.id, context.client, context.provider);
  const problems: string[] = [];
  const seen: string[] = [];
  const play = async (streamed: boolean): Promise<Outcome | undefined> => {
    const label = streamed ? 'streamed' : 'whole';
    let outcome: Outcome | undefined;
    try {
      outcome = await scene.play({ ...context, streamed });
      if (footnote?.refusal === undefined) scene.check(outcome, { ...context, streamed });
      else checkRefusal(outcome, footnote.refusal);
    } catch (error) {
      problems.push(`${label}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    seen.push(`${label}: ${inspect(outcome, { depth: 6, maxStringLength: 1_000 })}`);
    return outcome;
  };
  const whole = await play(false);
  const streamed = await play(true);
  if (problems.length === 0 && whole !== undefined && streamed !== undefined) {
    const compared = footnote?.refusal === undefined ? (scene.compared ?? comparable) : comparable;
    try {
      deepEqual(compared(streamed), compared(whole));
    } catch (error) {
      problems.push(`streamed and whole differ: ${String(error)}`);
    }
  }
  if (problems.length === 0) return footnote;
  throw new Error([nameCell({ ...context, scene }), ...problems, ...seen].join('\n'));
}

function checkRefusal({ error }: Outcome, says: RegExp): void {
  equal(error?.status, 400);
  match(error.message, says);
}

/** Messages may name a request id. */
function comparable({ error, ...rest }: Outcome) {
  return { ...rest, error: error && { ...error, message: undefined } };
}
