/** The embeddings of the provider dialects that have any. */
import type { Dialect } from '../core/chat.ts';
import type { EmbeddingsCodec } from '../core/embeddings.ts';
import { GatewayError } from '../core/errors.ts';
import { bedrockEmbeddings } from './bedrock-converse/index.ts';
import { geminiEmbeddings } from './gemini/index.ts';
import { openaiEmbeddings } from './openai-chat/index.ts';

const CODECS: { readonly [D in Dialect]?: EmbeddingsCodec } = {
  'openai-chat': openaiEmbeddings,
  // OpenAI's two interfaces lie side by side below one base URL.
  'openai-responses': openaiEmbeddings,
  gemini: geminiEmbeddings,
  'bedrock-converse': bedrockEmbeddings,
};

/** Throws a 400 for dialects without embeddings: the model that was asked for cannot embed. */
export function embeddingsCodec(dialect: Dialect): EmbeddingsCodec {
  const codec = CODECS[dialect];
  if (codec !== undefined) return codec;
  throw new GatewayError('invalid-request', `Providers of the dialect "${dialect}" have no embeddings.`, {
    param: 'model',
  });
}
