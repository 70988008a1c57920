/** Second turns: the reasoning that a provider signed comes back to it as it was, and to no other. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { JournalEntry } from '../../../local/providers/journal.ts';
import { answersResults, type Case, CLOCK, type Context, calledBoth, comparedResults, WEATHER } from './cases.ts';
import type { Conversation, Outcome } from './client.ts';
import { AI_SDK, OPENAI_SDK } from './names.ts';
import { issuedFor, sentIn } from './proofs.ts';
import { PROVIDERS, type Provider, thinkingAliasOf } from './providers.ts';

export const SECOND_TURNS: readonly Case[] = [
  {
    id: 'reasoning',
    title: 'Reasoning, second turn',
    async play(context) {
      const { provider } = context;
      const { outcome, first, second } = await twoTurns(context, provider, provider, context.tag);
      const issued = await issuedFor(context.stack.providersUrl, first);
      ok(issued.length > 0, 'nothing was signed');
      const sent = sentIn(second);
      if (keepsLastPiece(context)) ok(sent.length === 1 && issued[0]?.endsWith(sent[0] ?? '-'), String(sent));
      else deepEqual(sent, keepsProofs(context) ? issued : []);
      return outcome;
    },
    check: answersResults,
    compared: comparedResults,
  },
  {
    id: 'switch',
    title: 'Second turn at another provider',
    async play(context) {
      const outcomes: Outcome[] = [];
      for (const other of PROVIDERS.filter(({ name }) => name !== context.provider.name)) {
        const tag = `${context.tag} from ${other.name}`;
        const { outcome, first, second } = await twoTurns(context, other, context.provider, tag);
        const issued = await issuedFor(context.stack.providersUrl, first);
        const kept = areKin(other, context.provider) && keepsProofs({ ...context, provider: other });
        if (kept) deepEqual(sentIn(second), issued);
        else for (const proof of issued) ok(!second.body.includes(proof), `a proof of ${other.name}'s was sent`);
        ok(!second.body.includes('tg1.'), 'a proof in its wrapping was sent');
        outcomes.push(outcome);
      }
      const [first, ...rest] = outcomes;
      ok(first !== undefined);
      for (const outcome of rest) answersResults(outcome);
      return { ...first, text: outcomes.map((outcome) => outcome.text).join('\n') };
    },
    check: answersResults,
    compared: comparedResults,
  },
];

interface TwoTurns {
  readonly outcome: Outcome;
  readonly first: JournalEntry;
  readonly second: JournalEntry;
}

async function twoTurns(context: Context, one: Provider, other: Provider, tag: string): Promise<TwoTurns> {
  const { client, stack, streamed } = context;
  const marked = `(${tag})`;
  const conversation: Conversation = client.open({
    text: `Weather and time? ${marked}`,
    tools: [WEATHER, CLOCK],
    think: true,
  });
  calledBoth(await conversation.ask(thinkingAliasOf(one), streamed));
  conversation.giveResults([
    { name: WEATHER.name, text: 'It rains.' },
    { name: CLOCK.name, text: 'It is noon.' },
  ]);
  const outcome = await conversation.ask(thinkingAliasOf(other), streamed);
  equal(outcome.error, undefined);
  const [first, second] = (await stack.sentUpstream(marked)).slice(-2);
  ok(first !== undefined && second !== undefined, 'the requests were not found');
  return { outcome, first, second };
}

/** Claude signs with the same keys everywhere. */
function areKin(one: Provider, other: Provider): boolean {
  const claude = ['anthropic-messages', 'bedrock-converse'];
  return claude.includes(one.dialect) && claude.includes(other.dialect);
}

/** The AI SDK has no place for proofs, but for Gemini's, which are the calls' own, and for text that is its own proof. */
function keepsProofs({ client, provider }: Pick<Context, 'client' | 'provider'>): boolean {
  return client.name !== AI_SDK || ['gemini', 'openai-chat'].includes(provider.dialect);
}

/** OpenAI's accumulator, of what it does not know. */
function keepsLastPiece({ client, provider, streamed }: Context): boolean {
  return client.name === OPENAI_SDK && provider.dialect === 'openai-chat' && streamed;
}
