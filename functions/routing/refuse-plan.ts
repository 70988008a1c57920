/** The answer to a request that no target may or can take. */
import { type ErrorKind, GatewayError } from '../core/errors.ts';
import type { Ability } from '../core/model-facts.ts';
import type { Skipped, SkipReason } from './route.ts';
import { targetName } from './target-name.ts';

const WORDS: { readonly [A in Ability]: { readonly name: string; readonly param: string } } = {
  tools: { name: 'tools', param: 'tools' },
  images: { name: 'images', param: 'messages' },
  files: { name: 'files', param: 'messages' },
  audio: { name: 'audio', param: 'messages' },
  jsonSchema: { name: 'answers by a JSON schema', param: 'response_format' },
};

/** What passes by itself comes first: whoever is told "no" for good does not come back. */
const ORDER: readonly SkipReason[] = [
  'cooling',
  'capacity',
  'window',
  'capability',
  'unpriced',
  'no-key',
  'not-allowed',
];

const PASSING: ReadonlySet<SkipReason> = new Set(['cooling', 'capacity']);

const KINDS: { readonly [R in SkipReason]: ErrorKind } = {
  cooling: 'no-target',
  capacity: 'no-target',
  window: 'context-length',
  capability: 'unsupported-parameter',
  unpriced: 'unpriced',
  'no-key': 'misconfigured',
  'not-allowed': 'forbidden',
};

/** How many targets a message names. */
const MOST_NAMED = 5;

export function refusePlan(model: string, skipped: readonly Skipped[], nowMs: number): GatewayError {
  const reason = ORDER.find((each) => skipped.some((entry) => entry.reason === each)) ?? 'cooling';
  const all = skipped.filter((entry) => entry.reason === reason);
  // Whichever of those that pass by themselves is the first to.
  const passing = PASSING.has(reason) ? skipped.filter((entry) => PASSING.has(entry.reason)) : [];
  const until = passing.flatMap(({ untilMs }) => untilMs ?? []);
  const retryAfterMs = until.length === 0 ? undefined : Math.max(0, Math.min(...until) - nowMs);
  const names = [...new Set(all.map(({ target }) => targetName(target)))];
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return new GatewayError(
    KINDS[reason],
    SENTENCES[reason](model, `${names.slice(0, MOST_NAMED).join(', ')}${more}`, all),
    {
      ...paramOf(all[0]),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

type Sentence = (model: string, names: string, skipped: readonly Skipped[]) => string;

const SENTENCES: { readonly [R in SkipReason]: Sentence } = {
  cooling: (model, names) => `No target of "${model}" can be asked just now: ${names} failed lately.`,
  capacity: (model, names) => `No target of "${model}" can be asked just now: ${names} is full.`,
  window: (model, names, skipped) =>
    `The request is longer than any target of "${model}" can take: ${names}, at most ${largest(skipped)} tokens of input and output together.`,
  capability: (model, names, skipped) => `No target of "${model}" takes ${abilities(skipped)}: ${names}.`,
  unpriced: (_model, names) =>
    `No price is known for ${names}, and this key has a budget. The operator can add one under "prices" in gateway.yaml.`,
  'no-key': (model, names, skipped) =>
    `No target of "${model}" has a key: ${names}. Set it with: ${secrets(skipped)
      .map((name) => `npx tollgate secrets set ${name} -`)
      .join('; ')}`,
  'not-allowed': (model) => `This key may not use the model "${model}".`,
};

function largest(skipped: readonly Skipped[]): number {
  return Math.max(...skipped.map(({ inability }) => (inability?.reason === 'window' ? inability.contextTokens : 0)));
}

function secrets(skipped: readonly Skipped[]): readonly string[] {
  return [...new Set(skipped.flatMap(({ target }) => target.config.secret ?? []))];
}

function abilities(skipped: readonly Skipped[]): string {
  const names = skipped.flatMap(({ inability }) =>
    inability?.reason === 'capability' ? WORDS[inability.ability].name : [],
  );
  return [...new Set(names)].join(' and ');
}

function paramOf(skipped: Skipped | undefined): { readonly param?: string } {
  const inability = skipped?.inability;
  switch (inability?.reason) {
    case 'capability':
      return { param: WORDS[inability.ability].param };
    case 'window':
      return { param: 'messages' };
    default:
      return skipped?.reason === 'unpriced' || skipped?.reason === 'not-allowed' ? { param: 'model' } : {};
  }
}
