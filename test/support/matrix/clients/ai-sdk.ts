import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  AISDKError,
  APICallError,
  type FinishReason,
  generateText,
  jsonSchema,
  type LanguageModel,
  type LanguageModelUsage,
  type ModelMessage,
  Output,
  streamText,
  type ToolSet,
  type TypedToolCall,
  tool,
  type UserContent,
} from 'ai';
import {
  type Ask,
  type ClientError,
  type CreateClient,
  type Media,
  mapFinish,
  type Outcome,
  outcomeOf,
  type ToolOffer,
} from '../client.ts';
import { AI_SDK } from '../names.ts';

const FINISH = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool-calls',
  'content-filter': 'refused',
  error: 'unfinished',
} as const;

export const createAiSdk: CreateClient = (gatewayUrl, key) => {
  const provider = createOpenAICompatible({
    name: 'tollgate',
    apiKey: key,
    baseURL: `${gatewayUrl}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
    // Without it the SDK fetches images itself, and the gateway never sees a URL.
    supportedUrls: () => ({ 'image/*': [/^https:/] }),
  });
  return {
    name: AI_SDK,
    dialect: 'openai-chat',
    rareParameter: 'seed',
    open(ask) {
      const messages: ModelMessage[] = [{ role: 'user', content: contentOf(ask) }];
      let ids = new Map<string, string>();
      return {
        ask: (model, streamed) =>
          outcomeOf(async () => {
            const request = { ...settingsOf(ask), model: provider(model), messages };
            const answer = streamed ? await inPieces(request) : await inOne(request);
            messages.push(...answer.messages);
            ids = new Map(answer.calls.map((call) => [call.toolName, call.toolCallId]));
            return readAnswer(answer);
          }, readError),
        giveResults(results) {
          messages.push({
            role: 'tool',
            content: results.map(({ name, text }) => ({
              type: 'tool-result',
              toolCallId: ids.get(name) ?? '',
              toolName: name,
              output: { type: 'text', value: text },
            })),
          });
        },
      };
    },
  };
};

type Request = ReturnType<typeof settingsOf> & { readonly model: LanguageModel; readonly messages: ModelMessage[] };

interface Answer {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly TypedToolCall<ToolSet>[];
  readonly finish: FinishReason;
  readonly usage: LanguageModelUsage;
  readonly messages: readonly ModelMessage[];
}

async function inOne(request: Request): Promise<Answer> {
  const result = await generateText(request);
  return {
    text: result.text,
    reasoning: result.reasoningText ?? '',
    calls: result.toolCalls,
    finish: result.finishReason,
    usage: result.usage,
    messages: result.response.messages,
  };
}

/** Errors are parts of the stream; whoever waits for the results only is told that there are none. */
async function inPieces(request: Request): Promise<Answer> {
  const result = streamText({ ...request, onError: () => {} });
  for await (const part of result.fullStream) if (part.type === 'error') throw part.error;
  return {
    text: await result.text,
    reasoning: (await result.reasoningText) ?? '',
    calls: await result.toolCalls,
    finish: await result.finishReason,
    usage: await result.usage,
    messages: (await result.response).messages,
  };
}

function readError(error: unknown): ClientError | undefined {
  if (!AISDKError.isInstance(error)) return undefined;
  if (!APICallError.isInstance(error)) {
    // An error event inside of a stream; anything else is something that the SDK could not read.
    if (error.name !== 'AI_StreamProviderError') return undefined;
    return { type: error.name, status: undefined, code: undefined, message: error.message };
  }
  const { error: body = {} } = JSON.parse(error.responseBody ?? '{}') as {
    readonly error?: { readonly code?: string | null; readonly type?: string };
  };
  return { type: error.name, status: error.statusCode, code: body.code ?? body.type, message: error.message };
}

function settingsOf(ask: Ask) {
  const { system, tools, schema, maxTokens, think, rare } = ask;
  return {
    maxRetries: 0,
    ...(system === undefined ? {} : { system }),
    tools: toolsOf(tools ?? []),
    output: schema === undefined ? Output.text() : Output.object({ schema: jsonSchema({ ...schema }), name: 'order' }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(think === true ? { reasoning: 'medium' as const } : {}),
    ...(rare === true ? { seed: 7 } : {}),
  };
}

function toolsOf(offers: readonly ToolOffer[]): ToolSet {
  return Object.fromEntries(
    offers.map(({ name, description, parameters }) => [
      name,
      tool({ description, inputSchema: jsonSchema({ ...parameters }) }),
    ]),
  );
}

function contentOf({ text, media }: Ask): UserContent {
  return media === undefined ? text : [{ type: 'text', text }, mediaPart(media)];
}

function mediaPart(media: Media): Exclude<UserContent, string>[number] {
  const { mediaType } = media;
  if ('url' in media) return { type: 'file', data: new URL(media.url), mediaType };
  return { type: 'file', data: media.data, mediaType, ...(media.kind === 'pdf' ? { filename: 'tariff.pdf' } : {}) };
}

function readAnswer(answer: Answer): Outcome {
  const { inputTokens, outputTokens } = answer.usage;
  return {
    text: answer.text,
    reasoning: answer.reasoning,
    calls: answer.calls.map((call) => ({ name: call.toolName, arguments: call.input as unknown })),
    finish: mapFinish(FINISH, answer.finish),
    usage:
      inputTokens === undefined || outputTokens === undefined
        ? undefined
        : { input: inputTokens, output: outputTokens },
  };
}
