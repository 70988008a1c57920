/** One request of the bill, by a client of each interface. */
import type { GatewayProcess } from '../gateway-fleet.ts';
import { aliasOf, type Kind, type Provider } from './config.ts';

export interface Ask {
  readonly provider: Provider;
  readonly kind: Kind;
  readonly stream: boolean;
  readonly text: string;
  readonly key: string;
  readonly gateway: GatewayProcess;
  readonly api: Api;
}

export const APIS = ['chat', 'responses', 'messages', 'gemini'] as const;
type Api = (typeof APIS)[number];

export function send(
  { provider, kind, stream, text, key, gateway, api }: Ask,
  signal?: AbortSignal,
): Promise<Response> {
  const model = aliasOf(provider, kind);
  const message = { role: 'user', content: text };
  const [path, body]: readonly [string, object] = {
    chat: ['/v1/chat/completions', { model, stream, max_tokens: 5_000, messages: [message] }] as const,
    responses: ['/v1/responses', { model, stream, max_output_tokens: 5_000, input: text }] as const,
    messages: ['/v1/messages', { model, stream, max_tokens: 5_000, messages: [message] }] as const,
    gemini: [
      `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      { contents: [{ role: 'user', parts: [{ text }] }], generationConfig: { maxOutputTokens: 5_000 } },
    ] as const,
  }[api];
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The client of `left` goes after the first bytes. */
export async function ask(one: Ask): Promise<number> {
  const gone = new AbortController();
  const response = await send(one, gone.signal);
  if (one.kind !== 'left' || !one.stream || response.body === null) {
    await response.text();
    return response.status;
  }
  await response.body.getReader().read();
  gone.abort();
  return response.status;
}
