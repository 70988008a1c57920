/**
 * A provider in OpenAI's dialect that counts. What it does is in the model's name: `slow-300` answers after so many ms,
 * `held` once it is told to, `long-700000` with so many characters that do not compress, `hang` never, `fail` with 500,
 * `cut` breaks off.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SeenCall {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: { readonly [name: string]: unknown };
}

export interface ChatUpstream {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** All calls so far whose body holds this text, in order. */
  calls(marker: string): readonly SeenCall[];
  /** The most that were in flight at once, of those whose body holds this text. */
  mostAtOnce(marker: string): number;
  /** Answers all that are held. */
  release(): void;
}

export function createChatUpstream(): ChatUpstream {
  const seen: { readonly call: SeenCall; readonly raw: string; atOnce: number; isOpen: boolean }[] = [];
  const held: (() => void)[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const raw = await text(request);
    const body = JSON.parse(raw) as { model: string; stream?: boolean; messages: { content: string }[] };
    const entry = { call: { path: request.url ?? '', headers: request.headers, body }, raw, atOnce: 0, isOpen: true };
    seen.push(entry);
    for (const each of seen) {
      if (!each.isOpen) continue;
      const marker = markerOf(each.raw);
      each.atOnce = Math.max(
        each.atOnce,
        seen.filter((other) => other.isOpen && markerOf(other.raw) === marker).length,
      );
    }
    response.on('close', () => {
      entry.isOpen = false;
    });
    const number = Number(/-(\d+)$/.exec(body.model)?.[1] ?? 0);
    if (body.model === 'hang') return;
    if (body.model === 'fail') {
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"broken"}}');
      return;
    }
    if (body.model === 'held') await new Promise<void>((resolve) => held.push(resolve));
    if (body.model.startsWith('slow')) await sleep(number);
    const content = body.model.startsWith('long')
      ? randomBytes(Math.ceil((number * 3) / 4)).toString('base64')
      : `Answer ${seen.length}: é 🚦`;
    const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
    const id = `chatcmpl-${seen.length}`;
    const base = { id, created: 1_700_000_000, model: body.model };
    // Before the client can know that it is over: whoever takes the place must not seem to have come too early.
    const end = (last: string): void => {
      entry.isOpen = false;
      response.end(last);
    };
    if (body.stream !== true) {
      const message = { role: 'assistant', content };
      response.writeHead(200, { 'content-type': 'application/json' });
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      end(JSON.stringify({ ...base, object: 'chat.completion', choices, usage }));
      return;
    }
    const chunk = (more: object): string =>
      `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...more })}\n\n`;
    const delta = (content: string): string =>
      chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let from = 0; from < content.length; from += 5_000) response.write(delta(content.slice(from, from + 5_000)));
    if (body.model === 'cut') {
      await sleep(50);
      response.destroy();
      return;
    }
    response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.write(chunk({ choices: [], usage }));
    end('data: [DONE]\n\n');
  };

  const of = (marker: string) => seen.filter(({ raw }) => raw.includes(marker));
  return {
    handle: (request, response) => {
      answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    },
    calls: (marker) => of(marker).map(({ call }) => call),
    mostAtOnce: (marker) => Math.max(0, ...of(marker).map(({ atOnce }) => atOnce)),
    release() {
      for (const answerNow of held.splice(0)) answerNow();
    },
  };
}

/** Tests write `[name]` into what they ask. */
const markerOf = (raw: string): string => /\[[\w-]+\]/.exec(raw)?.[0] ?? '';
