import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FaultPlan } from './faults.ts';
import { createOutput, type Output } from './output.ts';
import { type Pace, pause } from './pace.ts';
import type { Script, Step } from './provider.ts';
import type { Answer } from './question.ts';

export interface Delivery {
  readonly response: ServerResponse;
  readonly headers: OutgoingHttpHeaders;
  readonly plan: FaultPlan;
  readonly pace: Pace;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** In-band events for the faults that send any. */
  readonly errorEvent: string;
  readonly malformedEvent: string;
}

/** What the providers send with their events. */
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** What was generated, and so has to be paid for. */
export interface Delivered {
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly complete: boolean;
}

export async function deliverStream(delivery: Delivery, script: Script): Promise<Delivered> {
  const { plan, pace, signal } = delivery;
  const spent = { outputTokens: 0, reasoningTokens: 0 };
  if (!pace.earlyHeaders && !(await pause(pace.firstTokenMs, signal))) return { ...spent, complete: false };
  const headers = { ...delivery.headers, 'content-type': plan.contentType ?? script.contentType ?? EVENT_STREAM };
  const output = createOutput(delivery.response, 200, headers, plan, script.encoding);
  output.write(script.head);
  if (pace.earlyHeaders) {
    await output.flush();
    if (!(await pause(pace.firstTokenMs, signal))) return { ...spent, complete: false };
  }

  const events = (steps: number): Pick<Delivery, 'errorEvent' | 'malformedEvent'> => ({
    errorEvent: script.errorAfter?.(steps) ?? delivery.errorEvent,
    malformedEvent: script.malformedEvent ?? delivery.malformedEvent,
  });
  let shown = 0;
  let interruption = plan.interruption;
  for (const [index, step] of script.steps.entries()) {
    if (interruption !== undefined && shown >= interruption.afterTokens) {
      const { kind, ms } = interruption;
      interruption = undefined;
      if (!(await interrupt(kind, ms, { ...delivery, ...events(index) }, output))) return { ...spent, complete: false };
    }
    if (!(await waitFor(step, index, delivery, output))) return { ...spent, complete: false };
    output.write(step.text);
    spent.outputTokens += step.tokens;
    if (step.reasoning) spent.reasoningTokens += step.tokens;
    if (step.text !== '') shown += step.tokens;
  }
  if (interruption !== undefined) {
    const { kind, ms } = interruption;
    const last = events(script.steps.length);
    if (!(await interrupt(kind, ms, { ...delivery, ...last }, output))) return { ...spent, complete: false };
  }
  output.write(script.tail);
  if (plan.omitDone !== true) output.write(script.done);
  output.end();
  return { ...spent, complete: true };
}

/** The first token's time has passed already. What waits is sent first; what does not wait is sent together. */
async function waitFor(step: Step, index: number, delivery: Delivery, output: Output): Promise<boolean> {
  const ms = index === 0 && !step.reasoning ? 0 : delivery.pace.stepMs(step);
  if (ms === 0) return !delivery.signal.aborted;
  await output.flush();
  return pause(ms, delivery.signal);
}

/** False where the answer ends here. */
async function interrupt(
  kind: NonNullable<FaultPlan['interruption']>['kind'],
  ms: number,
  delivery: Delivery,
  output: Output,
): Promise<boolean> {
  if (kind === 'malformed') output.write(delivery.malformedEvent);
  if (kind === 'error-event') output.write(delivery.errorEvent);
  await output.flush();
  if (kind === 'stall') return pause(ms, delivery.signal);
  if (kind === 'cut') output.cut();
  if (kind === 'end' || kind === 'error-event') output.end();
  return kind === 'malformed';
}

/** The whole answer after the time that all of its tokens take. Faults in the middle break the body in its middle. */
export async function deliverWhole(delivery: Delivery, body: string, answers: readonly Answer[]): Promise<Delivered> {
  const { plan, pace, signal } = delivery;
  const generated = await generate(answers, pace, signal);
  if (!generated.complete) return generated;
  const { kind, ms = 0 } = plan.interruption ?? {};
  const headers = { ...delivery.headers, 'content-type': plan.contentType ?? 'application/json' };
  const isChunked = plan.gzip === true || plan.splitCharacters === true || kind === 'end';
  const length = isChunked ? {} : { 'content-length': Buffer.byteLength(body) };
  const output = createOutput(delivery.response, 200, { ...headers, ...length }, plan);
  const middle = Math.floor(body.length / 2);
  if (kind === undefined) output.write(body);
  else output.write(kind === 'malformed' ? `${body.slice(0, -1)}!` : body.slice(0, middle));
  if (kind === 'stall' || kind === 'cut') await output.flush();
  if (kind === 'stall') {
    if (!(await pause(ms, signal))) return { ...generated, complete: false };
    output.write(body.slice(middle));
  }
  if (kind === 'cut') output.cut();
  else output.end();
  return { ...generated, complete: kind === undefined || kind === 'stall' };
}

async function generate(answers: readonly Answer[], pace: Pace, signal: AbortSignal): Promise<Delivered> {
  const reasoningTokens = answers.reduce((sum, answer) => sum + answer.reasoningTokens, 0);
  const outputTokens = answers.reduce((sum, answer) => sum + answer.outputTokens, 0);
  const startedAt = performance.now() + pace.firstTokenMs;
  const tokensMs =
    pace.stepMs({ text: '', tokens: reasoningTokens, reasoning: true }) +
    pace.stepMs({ text: '', tokens: outputTokens - reasoningTokens, reasoning: false });
  if (await pause(pace.firstTokenMs + tokensMs, signal)) return { outputTokens, reasoningTokens, complete: true };
  const share = Math.min(1, Math.max(0, (performance.now() - startedAt) / Math.max(tokensMs, 1)));
  const spent = Math.floor(outputTokens * share);
  return { outputTokens: spent, reasoningTokens: Math.min(spent, reasoningTokens), complete: false };
}
