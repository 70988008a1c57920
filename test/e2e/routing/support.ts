/** An upstream whose models fail as they are told, and clients of the gateways before it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { createKey } from '../../../functions/adapters/key-admin.ts';
import { adminOf, type Fleet, type GatewayProcess } from '../../support/gateway-fleet.ts';

export type Behaviour =
  | { readonly status: 200 }
  /** Answers once it is told otherwise. */
  | { readonly status: 'held' }
  | { readonly status: number; readonly error?: object; readonly headers?: { readonly [name: string]: string } };

export interface ToldUpstream {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** From now on. Those that were held get it too. */
  tell(model: string, behaviour: Behaviour): void;
  calls(model: string): number;
}

export function createToldUpstream(): ToldUpstream {
  const behaviours = new Map<string, Behaviour>();
  const counts = new Map<string, number>();
  const held = new Map<string, (() => void)[]>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { model } = JSON.parse(await text(request)) as { model: string };
    counts.set(model, (counts.get(model) ?? 0) + 1);
    if (behaviours.get(model)?.status === 'held') {
      await new Promise<void>((resolve) => held.set(model, [...(held.get(model) ?? []), resolve]));
    }
    const behaviour = behaviours.get(model) ?? { status: 200 };
    if (behaviour.status === 200 || behaviour.status === 'held') {
      const message = { role: 'assistant', content: 'Here.' };
      const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'c', model, created: 1, choices, usage }));
      return;
    }
    const { error = { message: 'broken' }, headers = {} } =
      'error' in behaviour || 'headers' in behaviour ? behaviour : {};
    response.writeHead(behaviour.status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error }));
  }

  return {
    handle: (request, response) => {
      handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    },
    tell(model, behaviour) {
      behaviours.set(model, behaviour);
      if (behaviour.status === 'held') return;
      for (const release of held.get(model) ?? []) release();
      held.delete(model);
    },
    calls: (model) => counts.get(model) ?? 0,
  };
}

export interface Answer {
  readonly status: number;
  readonly route: string | null;
  readonly model: string | null;
  readonly retryAfter: number | undefined;
  readonly id: string | null;
  readonly body: {
    readonly error?: { readonly message: string; readonly code: string | null; readonly param: string | null };
  };
}

export type Ask = (gateway: GatewayProcess, model: string, more?: object) => Promise<Answer>;

export async function createAsk(fleet: Fleet, options: { readonly models?: readonly string[] } = {}): Promise<Ask> {
  const { key } = await createKey({ ...adminOf(fleet.table), ...options });
  return async (gateway, model, more = {}) => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Where are you?' }], ...more }),
    });
    const { headers } = response;
    const retryAfter = headers.get('retry-after');
    return {
      status: response.status,
      route: headers.get('x-tollgate-route'),
      model: headers.get('x-tollgate-model'),
      retryAfter: retryAfter === null ? undefined : Number(retryAfter),
      id: headers.get('x-tollgate-request-id'),
      body: (await response.json()) as Answer['body'],
    };
  };
}
