import { pick, type Random } from './seed.ts';

/** Several scripts, accents and emoji on purpose: every byte boundary of a stream is somebody's character. */
const SENTENCES: readonly [string, ...string[]] = [
  'A gate is only as good as the books it keeps.',
  'Every carriage pays by its weight, and the keeper writes it down before the bar goes up.',
  'The road to the harbour was closed at noon, so the mail went over the hill.',
  'Two riders came at once; one was let through, and the other waited his turn.',
  'Nobody pays twice for the same bridge.',
  'Grüße aus der Mautstelle: the ledger balances to the last penny.',
  'At the café by the gate they count in sous, and the naïve are charged the same.',
  '通行料は先に払う — the toll is paid first.',
  'Не спеши: the bar lifts when the purse has been weighed.',
  'A convoy of forty wagons is still forty wagons. 🚧',
  'When the first ferry sank, the second left five minutes early and arrived on time.',
  'The keeper sleeps, but the counter does not.',
  'Whoever breaks his journey halfway pays for the half that he travelled.',
  'In winter the road is free, because nobody comes.',
  'It is 12.5 miles to the next gate, 0.3 of them uphill.',
  'The sign says "no credit", and it has said so since 1782.',
  'A merchant asked what salt would cost, and was told: what it weighs.',
  'Three lanterns mean the bridge is full; one means come across.',
  'The map had been folded so often that the border ran through the inn.',
  'All of this is made up, of course; no model was asked, and nothing was charged.',
];

const THOUGHTS: readonly [string, ...string[]] = [
  'The question comes first, so let me read it once more.',
  'There are two ways to see this, and the shorter one should do.',
  'Is anything missing? No: all that is needed is in the request.',
  'I should check the figures before I write them down.',
  'A short answer is better than a long one here.',
  'Let me put the parts in order and then say them plainly.',
];

export function createSentences(random: Random): () => string {
  let last = '';
  return () => {
    let next = pick(random, SENTENCES);
    while (next === last) next = pick(random, SENTENCES);
    last = next;
    return next;
  };
}

export function createThoughts(random: Random): () => string {
  return () => pick(random, THOUGHTS);
}

export const REFUSAL = "I'm sorry, but I can't help with that request.";

/** In a prompt they make the model refuse or hide its thoughts; the long ones begin as Anthropic's own test strings do. */
export const MARKERS = {
  refusal: ['SIMULATE_REFUSAL', 'ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL'],
  redactedThinking: ['SIMULATE_REDACTED_THINKING', 'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING'],
} as const;

export function hasMarker(text: string, kind: keyof typeof MARKERS): boolean {
  return MARKERS[kind].some((marker) => text.includes(marker));
}
