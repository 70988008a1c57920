/** What the wire formats have in common: the server knows nothing else of them. */
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../functions/core/json.ts';
import type { Usage } from '../../functions/core/usage.ts';
import type { ErrorName } from './faults.ts';
import type { CacheUse, PromptCache, PromptPiece } from './prompt-cache.ts';
import type { Answer, Question } from './question.ts';

export interface WireError {
  readonly status: number;
  readonly body: JsonObject;
  /** That say what the body does not. */
  readonly headers?: { readonly [name: string]: string };
  /** The body says when to come back, so that no header does. */
  readonly retryInBody?: boolean;
}

/** What of a request the path and its query say, where the body does not. */
export interface Address {
  readonly model?: string;
  readonly stream?: boolean;
  /** Gemini streams a JSON array unless it is asked for SSE. */
  readonly format?: 'json-array';
}

/** What is asked of which model, faults in its name included, wherever the request says it. */
export interface Asked extends Address {
  readonly model: string;
  readonly stream: boolean;
}

export interface ErrorContext {
  readonly status: number;
  readonly model: string;
  readonly requestId: string;
  /** Of the fault: when to come back. */
  readonly headers?: { readonly [name: string]: string };
}

/** What is wrong with a request, in the provider's own words. */
export interface Problem {
  readonly message: string;
  readonly param?: string;
  readonly code?: string;
  /** 400 unless it says otherwise. */
  readonly status?: number;
}

/** A request as the simulated model sees it; the faults add to the question. */
export interface Reading {
  readonly question: Question;
  readonly prompt: readonly PromptPiece[];
  readonly candidates: number;
}

export interface Reply {
  /** The random part of the answer's id. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly model: string;
  readonly answers: readonly [Answer, ...Answer[]];
  readonly usage: Usage;
  /** A fault: usage is left out. */
  readonly omitUsage: boolean;
  readonly request: JsonObject;
  readonly asked: Asked;
}

/** A piece of a stream that is written at once. */
export interface Step {
  readonly text: string;
  readonly tokens: number;
  readonly reasoning: boolean;
}

export interface Script {
  /** Before the first token. */
  readonly head: string;
  readonly steps: readonly Step[];
  /** Finish reason and usage. */
  readonly tail: string;
  /** The terminal event. */
  readonly done: string;
  /** `text/event-stream` unless it says otherwise. */
  readonly contentType?: string;
  /** Of a binary framing, whose bytes stand here as text, one a character. */
  readonly encoding?: 'latin1';
  /** In place of the provider's own, where they depend on what was sent before: so many steps. */
  errorAfter?(steps: number): string;
  readonly malformedEvent?: string;
}

interface Front {
  /** In the invoice, and the first part of the path. */
  readonly name: string;
  readonly path: string;
  readonly modelsPath: string;
  /** `undefined` where something else is asked for. Without it, requests come to `path` and say everything themselves. */
  address?(path: string, query: string): Address | undefined;
  /** Of its streams; `text/event-stream` unless it says otherwise. */
  readonly streamType?: string;
  /** Headers of every answer. */
  headers(requestId: string): { readonly [name: string]: string };
  credential(headers: IncomingHttpHeaders): string | undefined;
  /** `undefined` where the request is right. */
  findProblem(body: JsonObject, headers: IncomingHttpHeaders, asked: Asked): Problem | undefined;
  encodeProblem(problem: Problem, requestId: string): WireError;
  encodeError(name: ErrorName, context: ErrorContext): WireError;
  /** The key is wrong, or missing; unless there is something particular to it, that is `unauthorized`. */
  encodeKeyError?(key: string | undefined): WireError;
  models(): JsonObject;
}

/** A model that answers. */
export interface SimulatedProvider extends Front {
  read(body: JsonObject, model: string, asked: Asked): Reading;
  useCache(cache: PromptCache, model: string, prompt: readonly PromptPiece[]): CacheUse;
  encodeWhole(reply: Reply): JsonObject;
  encodeStream(reply: Reply): Script;
  /** An error in the middle of a stream. */
  errorEvent(context: ErrorContext): string;
  /** An event whose JSON is broken off. */
  readonly malformedEvent: string;
}

/** What is computed and not generated: token counts and embeddings. */
export interface SimulatedCalculation extends Front {
  calculate(body: JsonObject, model: string): Calculation;
}

export interface Calculation {
  readonly body: JsonObject;
  /** What has to be paid for; nothing where it is free. */
  readonly inputTokens: number | undefined;
}

export type SimulatedEndpoint = SimulatedProvider | SimulatedCalculation;

/** What a request at this path asks for in its address; `undefined` where the endpoint is another one's. */
export function addressOf(endpoint: SimulatedEndpoint, path: string, query: string): Address | undefined {
  if (endpoint.address !== undefined) return endpoint.address(path, query);
  return path === endpoint.path ? {} : undefined;
}
