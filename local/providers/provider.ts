/** What the two wire formats have in common: the server knows nothing else of them. */
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../functions/core/json.ts';
import type { Usage } from '../../functions/core/usage.ts';
import type { ErrorName } from './faults.ts';
import type { CacheUse, PromptCache, PromptPiece } from './prompt-cache.ts';
import type { Answer, Question } from './question.ts';

export interface WireError {
  readonly status: number;
  readonly body: JsonObject;
}

export interface ErrorContext {
  readonly status: number;
  readonly model: string;
  readonly requestId: string;
}

/** What is wrong with a request, in the provider's own words. */
export interface Problem {
  readonly message: string;
  readonly param?: string;
  readonly code?: string;
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
}

export interface SimulatedProvider {
  readonly name: string;
  readonly path: string;
  readonly modelsPath: string;
  /** Headers of every answer. */
  headers(requestId: string): { readonly [name: string]: string };
  credential(headers: IncomingHttpHeaders): string | undefined;
  /** `undefined` where the request is right. */
  findProblem(body: JsonObject, headers: IncomingHttpHeaders): Problem | undefined;
  read(body: JsonObject, model: string): Reading;
  useCache(cache: PromptCache, model: string, prompt: readonly PromptPiece[]): CacheUse;
  encodeWhole(reply: Reply): JsonObject;
  encodeStream(reply: Reply): Script;
  encodeProblem(problem: Problem, requestId: string): WireError;
  encodeError(name: ErrorName, context: ErrorContext): WireError;
  /** An error in the middle of a stream. */
  errorEvent(context: ErrorContext): string;
  /** An event whose JSON is broken off. */
  readonly malformedEvent: string;
  models(): JsonObject;
}
