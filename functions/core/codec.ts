/** What a dialect offers. Everything here is pure and synchronous and throws nothing but `GatewayError`. */
import type { ChatEvent, ChatRequest, ClientDialect, Dialect } from './chat.ts';
import type { GatewayError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { Quirks } from './quirks.ts';

/** One message of a stream, as its framing delivers it. */
export interface Frame {
  /** The name of an SSE event or the `:event-type` of an AWS event-stream message. */
  readonly event?: string;
  readonly data: string;
  /**
   * The frame as it came, separators and comments in front of it included, so that frames can go through unchanged. Empty
   * in binary framings, which no client speaks.
   */
  readonly raw: string;
  /** The bytes ended inside of this frame: where its data makes no sense, the stream was cut. */
  readonly incomplete?: boolean;
}

/** How a stream is cut into frames. */
export type Framing = 'sse' | 'aws-event-stream';

export interface StreamDecoder {
  /** Throws `GatewayError` where the frame is an error of the provider's, or breaks its dialect. */
  push(frame: Frame): readonly ChatEvent[];
  /** At the end of the bytes. Throws `upstream-truncated` where the terminal event is missing. */
  end(): readonly ChatEvent[];
  /** The terminal event was seen: nothing that matters can follow. */
  readonly done: boolean;
}

/** What an encoder has to know of where the request goes. */
export interface EncodeTarget {
  /** The provider's name for the model. */
  readonly model: string;
  /** For dialects that demand an output cap, where the client named none. */
  readonly defaultMaxOutputTokens: number;
  readonly quirks: Quirks;
  /** 0 to 9, the higher the more urgent. @default 0 */
  readonly priority?: number;
}

/** What the encoder renamed or reshaped for the provider, so that the decoder can answer in the client's words. */
export interface Restore {
  /** The provider's name of a tool → the client's. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** The client's names of free-text tools that went out as functions with the one argument `input`. */
  readonly customTools: ReadonlySet<string>;
}

export interface EncodedRequest {
  readonly method: 'POST';
  /** Below the provider's base URL, with a leading slash. */
  readonly path: string;
  /** Dialect headers only (e.g. `anthropic-version`); credentials are the adapter's. */
  readonly headers: { readonly [name: string]: string };
  readonly body: JsonObject;
  /** Parameters, in the client's words where they are known, that this target cannot take and that were left out. */
  readonly dropped: readonly string[];
  /** For `decodeResponse` and `createDecoder`; absent where nothing has to be restored. */
  readonly restore?: Restore;
}

export interface ErrorReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** Puts the frames of a stream together to the body that the same answer would have had unstreamed. */
export interface ReplyFolder {
  /** How many characters more it holds from then on. */
  push(frame: Frame): number;
  /** Only ever called once the decoder has seen the end. */
  whole(): JsonObject;
}

export interface ProviderCodec {
  readonly dialect: Dialect;
  readonly framing: Framing;
  /** Idempotent: called again, from the original request, for every target that is tried. */
  encodeRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest;
  /** The client's own body with only what must change, where the client speaks this dialect. Unknown fields survive. */
  forwardRequest(body: JsonObject, request: ChatRequest, target: EncodeTarget): EncodedRequest;
  /** A whole answer as the events that its stream would have had. Throws as a decoder does. */
  decodeResponse(body: Json, restore?: Restore): readonly ChatEvent[];
  createDecoder(restore?: Restore): StreamDecoder;
  /**
   * For answers that the client wants whole and in this dialect, while they are streamed to the gateway: fields that
   * nobody here knows survive. Undefined where what is asked for cannot be had in a stream, or not put together from one.
   */
  createFolder?(body: JsonObject): ReplyFolder | undefined;
  /** A reply with a status that is not 2xx. */
  decodeError(reply: ErrorReply): GatewayError;
}

/** What the path of a request says, in dialects that put it there. */
export interface RequestParams {
  readonly model?: string;
  readonly stream?: boolean;
}

/** What the gateway adds to an answer. */
export interface AnswerContext {
  readonly requestId: string;
  /** Seconds since 1970, for dialects that want a date where the provider gave none. */
  readonly createdAt: number;
  /** What is answered, for dialects whose answers repeat the settings that they were asked with. */
  readonly request?: ChatRequest;
  /** How a stream is cut, where the dialect knows more than one way; `sse` unless told. */
  readonly format?: 'sse' | 'json-array';
}

export interface StreamEncoder {
  /** Bytes for the client, as text; may be empty. */
  push(event: ChatEvent): string;
  /** What closes a stream that is complete. Only ever called after a `finish` event. */
  end(): string;
  /** The in-band error, in place of `end`. */
  fail(error: GatewayError): string;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

export interface ClientCodec {
  readonly dialect: ClientDialect;
  /** Throws `invalid-request` with `param` where the body is wrong. Never changes the body. */
  decodeRequest(body: JsonObject, params?: RequestParams): ChatRequest;
  encodeResponse(events: readonly ChatEvent[], context: AnswerContext): JsonObject;
  createEncoder(request: ChatRequest, context: AnswerContext): StreamEncoder;
  encodeError(error: GatewayError, requestId: string): ErrorAnswer;
  /** In a stream that passes through: whether the client gets this frame (an unrequested usage chunk is held back). */
  keepFrame(frame: Frame, request: ChatRequest): boolean;
  /** What ends a stream, for one that passes through and whose provider left it out behind a finish reason. */
  readonly closing: string;
}
