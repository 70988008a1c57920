/** The way to each provider, by its dialect: HTTP for all but those that are signed by the AWS SDK. */
import type { Dialect } from '../core/chat.ts';
import type { SecretStore, Upstream, UpstreamTarget } from '../core/ports.ts';
import { createBedrockUpstream } from './bedrock-upstream.ts';
import { createHttpUpstream } from './http-upstream.ts';

export function createUpstream(options: { readonly secrets: SecretStore }): Upstream & { close(): Promise<void> } {
  const http = createHttpUpstream(options);
  const bedrock = createBedrockUpstream(options);
  const transports: { readonly [D in Dialect]: Upstream } = {
    'openai-chat': http,
    'openai-responses': http,
    'anthropic-messages': http,
    gemini: http,
    'bedrock-converse': bedrock,
  };
  const transportOf = (target: UpstreamTarget): Upstream => transports[target.config.dialect];
  return {
    send: (target, request, how) => transportOf(target).send(target, request, how),
    reauthorize: (target) => transportOf(target).reauthorize(target),
    async close() {
      await Promise.all([http.close(), bedrock.close()]);
    },
  };
}
