/** Embeddings: texts in, one vector for each out. The neutral model between `/v1/embeddings` and the providers. */
import type { Extensions } from './chat.ts';
import type { EncodedRequest, EncodeTarget } from './codec.ts';
import type { Json } from './json.ts';
import type { Usage } from './usage.ts';

/** A text, or the same as tokens of OpenAI's own tokenizer, which mean nothing to other providers. */
export type EmbeddingsInput = string | readonly number[];

export type EmbeddingsFormat = 'float' | 'base64';

export interface EmbeddingsRequest {
  /** The alias or `provider/model` that the client asked for. */
  readonly model: string;
  /** At least one. */
  readonly input: readonly EmbeddingsInput[];
  /** The client gave one input and no list: not every compatible server takes lists. The answer is the same. */
  readonly single: boolean;
  readonly format: EmbeddingsFormat;
  readonly dimensions?: number;
  readonly endUser?: string;
  readonly extensions: Extensions;
}

/** As the provider gave it. Base64 is of 32-bit floats, little-endian: a third of the size of the same as JSON. */
export type EmbeddingsVector =
  | { readonly format: 'float'; readonly values: readonly number[] }
  | { readonly format: 'base64'; readonly data: string };

export interface EmbeddingsReply {
  /** The provider's word for the model; empty where it gave none. */
  readonly model: string;
  /** One for each input, in its order. */
  readonly vectors: readonly EmbeddingsVector[];
  /** Absent where the provider counted nothing. */
  readonly usage?: Usage;
}

/** A provider dialect's embeddings. Pure and synchronous, throws nothing but `GatewayError`. */
export interface EmbeddingsCodec {
  /** How many inputs one request may carry, where that is less than a client may send: see `splitEmbeddings`. */
  maxInputs?(model: string): number;
  encode(request: EmbeddingsRequest, target: EncodeTarget): EncodedRequest;
  /** Throws `upstream-malformed` where the answer has not one vector for each input. */
  decode(body: Json, request: EmbeddingsRequest): EmbeddingsReply;
}
