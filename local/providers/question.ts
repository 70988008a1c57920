import type { JsonObject } from '../../functions/core/json.ts';

/** A tool that the model may call. */
export interface OfferedTool {
  readonly name: string;
  /** A custom tool takes free text in place of JSON. */
  readonly kind: 'function' | 'custom';
  readonly schema: JsonObject;
}

/** What all wire formats ask, as far as the simulated model understands it. */
export interface Question {
  /** Decides everything random about the answer: equal for equal requests, streamed or not. */
  readonly seed: string;
  /** As the client named it, without faults. */
  readonly model: string;
  /** Text of the last user turn. */
  readonly userText: string;
  readonly imageCount: number;
  readonly fileCount?: number;
  readonly audioCount?: number;
  /** Results that the last turn brings back, as text. Where there are any, the model answers in text. */
  readonly toolResults: readonly string[];
  readonly tools: readonly OfferedTool[];
  readonly toolChoice:
    | { readonly mode: 'auto' | 'none' | 'required' }
    | { readonly mode: 'tool'; readonly name: string };
  readonly parallel: boolean;
  /** The model says something before it calls tools. */
  readonly preface: boolean;
  /** `'any'` is JSON of any form. */
  readonly schema: JsonObject | 'any' | undefined;
  readonly stop: readonly string[];
  /** Reasoning included. */
  readonly maxTokens: number | undefined;
  /** How many tokens the model thinks; 0 where it does not. */
  readonly reasoningTokens: number;
  /** A prompt that is refused gets no answer at all, rather than a refusal in words. */
  readonly refusesInSilence?: boolean;
  /** The exact length of the answer in tokens, where a fault asks for one. */
  readonly answerTokens: number | undefined;
  /** To how many characters a token of text is filled up, where a fault asks for it. */
  readonly tokenChars?: number | undefined;
  /** Where the content filter ends the answer, where a fault asks for it. */
  readonly filterAfterTokens: number | undefined;
}

export type AnswerBlock =
  | { readonly type: 'reasoning'; readonly tokens: readonly string[] }
  | { readonly type: 'text' | 'refusal'; readonly tokens: readonly string[] }
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly tool: OfferedTool;
      /** Joined, the JSON text of the arguments; none where the tool takes none. */
      readonly tokens: readonly string[];
    };

export interface Answer {
  readonly blocks: readonly AnswerBlock[];
  readonly finish: 'stop' | 'stop-sequence' | 'length' | 'tool-calls' | 'refusal' | 'content-filter';
  readonly stopSequence: string | undefined;
  /** Reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}
