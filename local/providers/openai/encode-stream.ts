import type { JsonObject } from '../../../functions/core/json.ts';
import { objectOf } from '../fields.ts';
import { interleave } from '../interleave.ts';
import type { Reply, Script, Step } from '../provider.ts';
import type { Answer, AnswerBlock } from '../question.ts';
import { encodeCall, encodeUsage, FINGERPRINT, FINISH_REASONS } from './encode-whole.ts';
import { thoughtField } from './thoughts.ts';

/** What stands around the part that changes, once a stream: a chunk is then one small `JSON.stringify`. */
interface Frame {
  chunk(index: number, delta: JsonObject, finish?: string | null): string;
  readonly usage: string;
}

export function encodeStream(reply: Reply): Script {
  const frame = createFrame(reply);
  const thoughts = thoughtField(reply.model);
  const all = reply.answers.map((answer, index) => encodeAnswer(answer, index, frame, thoughts));
  return {
    head: '',
    steps: interleave(all),
    tail:
      reply.answers.map((answer, index) => frame.chunk(index, {}, FINISH_REASONS[answer.finish])).join('') +
      frame.usage,
    done: 'data: [DONE]\n\n',
  };
}

function createFrame(reply: Reply): Frame {
  const options = objectOf(reply.request.stream_options);
  const withUsage = options.include_usage === true && !reply.omitUsage;
  const base = {
    id: `chatcmpl-${reply.id}`,
    object: 'chat.completion.chunk',
    created: reply.createdAt,
    model: reply.model,
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  };
  const before = `data: ${JSON.stringify(base).slice(0, -1)},"choices":[`;
  const nullUsage = withUsage ? ',"usage":null' : '';
  const obfuscate = options.include_obfuscation !== false;
  return {
    chunk: (index, delta, finish = null) => {
      const text = JSON.stringify(delta);
      // Padding hides the length of tokens from whoever sees the encrypted packets only.
      const padding = obfuscate ? `,"obfuscation":"${'x'.repeat(16 - (text.length % 16))}"` : '';
      const choice = `{"index":${index},"delta":${text},"logprobs":null,"finish_reason":${JSON.stringify(finish)}}`;
      return `${before}${choice}]${nullUsage}${padding}}\n\n`;
    },
    usage: withUsage ? `${before}],"usage":${JSON.stringify(encodeUsage(reply.usage))}}\n\n` : '',
  };
}

function encodeAnswer(
  answer: Answer,
  choice: number,
  frame: Frame,
  thoughts: ReturnType<typeof thoughtField>,
): readonly Step[] {
  const visible = answer.blocks.filter((block) => block.type !== 'reasoning');
  const steps: Step[] = [...encodeThoughts(answer, choice, frame, thoughts)];
  let opening = openingOf(visible, choice, frame);
  let callIndex = 0;
  for (const block of visible) {
    const delta = deltaOf(block, callIndex);
    if (block.type === 'tool-call') {
      const first = { index: callIndex, ...encodeCall(block, '') };
      opening += soleCall(visible)
        ? frame.chunk(choice, { role: 'assistant', content: null, tool_calls: [first], refusal: null })
        : frame.chunk(choice, { tool_calls: [first] });
      callIndex += 1;
      if (block.tokens.length === 0) {
        steps.push({ text: opening + frame.chunk(choice, delta('{}')), tokens: 1, reasoning: false });
        opening = '';
      }
    }
    for (const token of block.tokens) {
      steps.push({ text: opening + frame.chunk(choice, delta(token)), tokens: 1, reasoning: false });
      opening = '';
    }
  }
  // An answer without a single visible token still says that it is the assistant's.
  if (opening !== '') steps.push({ text: opening, tokens: 0, reasoning: false });
  return steps;
}

/** Thoughts that are not shown take their time in one piece. */
function encodeThoughts(
  answer: Answer,
  choice: number,
  frame: Frame,
  field: ReturnType<typeof thoughtField>,
): readonly Step[] {
  if (answer.reasoningTokens === 0) return [];
  if (field === undefined) return [{ text: '', tokens: answer.reasoningTokens, reasoning: true }];
  return answer.blocks
    .filter((block) => block.type === 'reasoning')
    .flatMap((block) => block.tokens)
    .map((token, index) => {
      const delta = { ...(index === 0 ? { role: 'assistant' } : {}), content: null, [field]: token };
      return { text: frame.chunk(choice, delta), tokens: 1, reasoning: true };
    });
}

/** A single call comes in the first chunk; of several, each has its own after the role (both as recorded). */
function openingOf(blocks: readonly AnswerBlock[], choice: number, frame: Frame): string {
  const [first] = blocks;
  if (soleCall(blocks)) return '';
  if (first?.type === 'tool-call') return frame.chunk(choice, { role: 'assistant', content: null });
  if (first?.type === 'refusal') return frame.chunk(choice, { role: 'assistant', content: null, refusal: '' });
  return frame.chunk(choice, { role: 'assistant', content: '', refusal: null });
}

function soleCall(blocks: readonly AnswerBlock[]): boolean {
  return blocks.length === 1 && blocks[0]?.type === 'tool-call';
}

function deltaOf(block: AnswerBlock, callIndex: number): (token: string) => JsonObject {
  switch (block.type) {
    case 'tool-call':
      return block.tool.kind === 'custom'
        ? (token) => ({ tool_calls: [{ index: callIndex, custom: { input: token } }] })
        : (token) => ({ tool_calls: [{ index: callIndex, function: { arguments: token } }] });
    case 'refusal':
      return (token) => ({ refusal: token });
    default:
      return (token) => ({ content: token });
  }
}
