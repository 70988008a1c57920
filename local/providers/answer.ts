/** What the simulated model says: the same for all wire formats, streamed or not. */
import { callTools } from './call-tools.ts';
import { sampleJson } from './json-sample.ts';
import { createSentences, createThoughts, hasMarker, REFUSAL } from './prose.ts';
import type { Answer, AnswerBlock, Question } from './question.ts';
import { between, createRandom, type Random } from './seed.ts';
import { splitTokens } from './tokens.ts';

/** `candidate` tells the answers of one request with `n` > 1 apart. */
export function composeAnswer(question: Question, candidate = 0): Answer {
  const random = createRandom(`${question.seed}#${candidate}`);
  const refused = hasMarker(question.userText, 'refusal');
  if (refused && question.refusesInSilence === true) return SILENCE;
  const blocks: AnswerBlock[] = [];
  if (question.reasoningTokens > 0 && !refused) blocks.push({ type: 'reasoning', tokens: think(question, random) });
  if (refused) blocks.push({ type: 'refusal', tokens: splitTokens(REFUSAL) });
  else blocks.push(...respond(question, random));
  return limit(question, blocks);
}

const SILENCE: Answer = {
  blocks: [],
  finish: 'refusal',
  stopSequence: undefined,
  outputTokens: 0,
  reasoningTokens: 0,
};

function respond(question: Question, random: Random): readonly AnswerBlock[] {
  const calls = callTools(question, random);
  if (calls.length > 0) {
    const preface: AnswerBlock = { type: 'text', tokens: splitTokens("I'll look that up.") };
    const blocks = calls.map(
      (call): AnswerBlock => ({
        type: 'tool-call',
        id: call.id,
        tool: call.tool,
        tokens: splitTokens(call.arguments),
      }),
    );
    return question.preface ? [preface, ...blocks] : blocks;
  }
  const text = question.schema === undefined ? write(question, random) : writeJson(question.schema, random);
  return [{ type: 'text', tokens: text }];
}

function writeJson(schema: NonNullable<Question['schema']>, random: Random): readonly string[] {
  const value = schema === 'any' ? { answer: createSentences(random)() } : sampleJson(schema, random);
  return splitTokens(JSON.stringify(value));
}

function write(question: Question, random: Random): readonly string[] {
  const length = question.answerTokens;
  const tokens = splitTokens(openingOf(question));
  const sentence = createSentences(random);
  const enough = length ?? tokens.length + between(random, 24, 72);
  const all = [...tokens];
  while (all.length < enough) all.push(...splitTokens(` ${sentence()}`));
  const { tokenChars = 0 } = question;
  return (length === undefined ? all : all.slice(0, length)).map((token) => token.padEnd(tokenChars, '.'));
}

function openingOf(question: Question): string {
  const seen = seenIn(question);
  if (question.toolResults.length > 0) return `The tools say: ${question.toolResults.map(shorten).join('; ')}.${seen}`;
  const asked = shorten(question.userText);
  return `This is a simulated ${question.model}.${asked === '' ? '' : ` You said: “${asked}”.`}${seen}`;
}

function seenIn({ imageCount, fileCount = 0, audioCount = 0 }: Question): string {
  const things = [
    imageCount === 0 ? '' : imageCount === 1 ? 'one image' : `${imageCount} images`,
    fileCount === 0 ? '' : fileCount === 1 ? 'one file' : `${fileCount} files`,
    audioCount === 0 ? '' : audioCount === 1 ? 'one recording' : `${audioCount} recordings`,
  ].filter((thing) => thing !== '');
  return things.length === 0 ? '' : ` I can see ${things.join(' and ')}.`;
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= 120 ? line : `${line.slice(0, 119)}…`;
}

function think(question: Question, random: Random): readonly string[] {
  const thought = createThoughts(random);
  const tokens: string[] = [];
  while (tokens.length < question.reasoningTokens) {
    tokens.push(...splitTokens(`${tokens.length === 0 ? '' : ' '}${thought()}`));
  }
  return tokens.slice(0, question.reasoningTokens);
}

/** Stop sequences cut the text, `maxTokens` cuts everything; what is cut off was never generated and costs nothing. */
function limit(question: Question, blocks: readonly AnswerBlock[]): Answer {
  const stopped = stopAt(question.stop, blocks);
  const filterAfter = question.filterAfterTokens ?? Number.POSITIVE_INFINITY;
  const maxTokens = question.maxTokens ?? Number.POSITIVE_INFINITY;
  let room = Math.min(maxTokens, filterAfter);
  let cut = false;
  const kept: AnswerBlock[] = [];
  for (const block of stopped.blocks) {
    // A call without arguments still takes a token for its name.
    const needed = Math.max(block.tokens.length, 1);
    if (room === 0) cut = true;
    if (cut) break;
    cut = needed > room;
    kept.push(cut ? { ...block, tokens: block.tokens.slice(0, room) } : block);
    room -= Math.min(room, needed);
  }
  const size = (items: readonly AnswerBlock[]): number =>
    items.reduce((sum, block) => sum + Math.max(block.tokens.length, 1), 0);
  return {
    blocks: kept,
    finish: !cut ? finishOf(kept, stopped.sequence) : filterAfter < maxTokens ? 'content-filter' : 'length',
    stopSequence: cut ? undefined : stopped.sequence,
    outputTokens: size(kept),
    reasoningTokens: size(kept.filter((block) => block.type === 'reasoning')),
  };
}

function finishOf(blocks: readonly AnswerBlock[], stopSequence: string | undefined): Answer['finish'] {
  if (stopSequence !== undefined) return 'stop-sequence';
  if (blocks.some((block) => block.type === 'tool-call')) return 'tool-calls';
  return blocks.some((block) => block.type === 'refusal') ? 'refusal' : 'stop';
}

function stopAt(
  sequences: readonly string[],
  blocks: readonly AnswerBlock[],
): { readonly blocks: readonly AnswerBlock[]; readonly sequence: string | undefined } {
  const last = blocks.at(-1);
  if (sequences.length === 0 || last?.type !== 'text') return { blocks, sequence: undefined };
  const text = last.tokens.join('');
  let end = text.length;
  let found: string | undefined;
  for (const sequence of sequences) {
    const at = text.indexOf(sequence);
    if (at < 0 || at >= end) continue;
    end = at;
    found = sequence;
  }
  if (found === undefined) return { blocks, sequence: undefined };
  return { blocks: [...blocks.slice(0, -1), { ...last, tokens: splitTokens(text.slice(0, end)) }], sequence: found };
}
