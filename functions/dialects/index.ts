/** The only registry: a new dialect is its folder and its lines here. */
import type { ClientDialect, Dialect } from '../core/chat.ts';
import type { ClientCodec, ProviderCodec } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';
import { anthropicMessagesClient, anthropicMessagesProvider } from './anthropic-messages/index.ts';
import { bedrockConverseProvider } from './bedrock-converse/index.ts';
import { geminiClient, geminiProvider } from './gemini/index.ts';
import { openaiChatClient, openaiChatProvider } from './openai-chat/index.ts';
import { openaiResponsesClient, openaiResponsesProvider } from './openai-responses/index.ts';

const PROVIDERS: { readonly [D in Dialect]?: ProviderCodec } = {
  'openai-chat': openaiChatProvider,
  'openai-responses': openaiResponsesProvider,
  'anthropic-messages': anthropicMessagesProvider,
  gemini: geminiProvider,
  'bedrock-converse': bedrockConverseProvider,
};

const CLIENTS: { readonly [D in ClientDialect]?: ClientCodec } = {
  'openai-chat': openaiChatClient,
  'openai-responses': openaiResponsesClient,
  'anthropic-messages': anthropicMessagesClient,
  gemini: geminiClient,
};

export function providerCodec(dialect: Dialect): ProviderCodec {
  return PROVIDERS[dialect] ?? missing(dialect, 'provider');
}

export function clientCodec(dialect: ClientDialect): ClientCodec {
  return CLIENTS[dialect] ?? missing(dialect, 'client');
}

function missing(dialect: Dialect, side: 'provider' | 'client'): never {
  throw new GatewayError('misconfigured', `There is no ${side} codec for the dialect "${dialect}" yet.`);
}
