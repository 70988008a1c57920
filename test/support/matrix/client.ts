/** A client of the matrix: an official SDK, asked in our words, that answers in comparable ones. */
import type { ClientDialect } from '../../../functions/core/chat.ts';

export interface Ask {
  readonly system?: string;
  readonly text: string;
  readonly media?: Media;
  readonly tools?: readonly ToolOffer[];
  readonly schema?: JsonSchema;
  readonly maxTokens?: number;
  readonly think?: boolean;
  /** With the client's `rareParameter`. */
  readonly rare?: boolean;
}

export type Media =
  | { readonly kind: 'image' | 'pdf'; readonly data: string; readonly mediaType: string }
  | { readonly kind: 'image'; readonly url: string; readonly mediaType: string };

export type JsonSchema = { readonly type: 'object'; readonly [keyword: string]: unknown };

export interface ToolOffer {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
}

export interface Outcome {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly ToolCall[];
  /** In the words of the gateway's core, whatever the SDK calls it. */
  readonly finish: Finish | undefined;
  /** All input, cached or not; all output, reasoning included. */
  readonly usage: { readonly input: number; readonly output: number } | undefined;
  readonly error?: ClientError;
}

export type Finish = 'stop' | 'length' | 'tool-calls' | 'refused' | 'unfinished';

export interface ToolCall {
  readonly name: string;
  readonly arguments: unknown;
}

/** What the SDK threw, or reported at the end of a stream. */
export interface ClientError {
  /** Name of the SDK's error class. */
  readonly type: string;
  /** Undefined for errors inside of a stream, where the SDK gives them none. */
  readonly status: number | undefined;
  /** The dialect's own code: OpenAI's `code` (or else `type`), Anthropic's `type`, Google's `status`. */
  readonly code: string | undefined;
  readonly message: string;
}

export interface ToolResult {
  readonly name: string;
  readonly text: string;
}

export interface Conversation {
  /** Sends all that was said so far. The answer becomes part of it, exactly as the SDK hands it out. */
  ask(model: string, streamed: boolean): Promise<Outcome>;
  giveResults(results: readonly ToolResult[]): void;
}

export interface Client {
  readonly name: string;
  readonly dialect: ClientDialect;
  /** A parameter of the dialect that some providers cannot take, as the dialect calls it. */
  readonly rareParameter: string;
  open(ask: Ask): Conversation;
}

export type CreateClient = (gatewayUrl: string, key: string) => Client;

/** Runs a request and turns the SDK's own errors, and no others, into an outcome. */
export async function outcomeOf(
  request: () => Promise<Outcome>,
  readError: (error: unknown) => ClientError | undefined,
): Promise<Outcome> {
  try {
    return await request();
  } catch (thrown) {
    const error = readError(thrown);
    if (error === undefined) throw thrown;
    return { text: '', reasoning: '', calls: [], finish: undefined, usage: undefined, error };
  }
}

export function nameOf(error: Error): string {
  return error.constructor.name;
}

/** A finish reason that no client of this dialect has ever seen would be the gateway's mistake. */
export function mapFinish(words: { readonly [word: string]: Finish }, word: string | null | undefined): Finish {
  if (word === null || word === undefined) return 'unfinished';
  const finish = words[word];
  if (finish === undefined) throw new Error(`The SDK's users know no finish reason "${word}".`);
  return finish;
}
