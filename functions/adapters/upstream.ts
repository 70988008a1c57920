/** The way to each provider, by its dialect: HTTP for all but those that are signed by the AWS SDK. */
import type { Dialect } from '../core/chat.ts';
import type { Upstream, UpstreamTarget } from '../core/ports.ts';
import { createBedrockUpstream } from './bedrock-upstream.ts';
import { createHttpUpstream } from './http-upstream.ts';
import { createProviderKeys, type ProviderKeysOptions } from './provider-keys.ts';

export function createUpstream(options: ProviderKeysOptions): Upstream & { close(): Promise<void> } {
  const keys = createProviderKeys(options);
  const http = createHttpUpstream({ keys });
  const bedrock = createBedrockUpstream({ keys });
  const transports: { readonly [D in Dialect]: Upstream } = {
    'openai-chat': http,
    'openai-responses': http,
    'anthropic-messages': http,
    gemini: http,
    'bedrock-converse': bedrock,
  };
  const transportOf = (target: UpstreamTarget): Upstream => transports[target.config.dialect];
  return {
    prepare: (target) => transportOf(target).prepare(target),
    send: (target, request, how) => transportOf(target).send(target, request, how),
    keyFailed: (target, key, error) => transportOf(target).keyFailed(target, key, error),
    async close() {
      await Promise.all([http.close(), bedrock.close()]);
    },
  };
}
