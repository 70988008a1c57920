import OpenAI, { APIError } from 'openai';
import type {
  ChatCompletion,
  ChatCompletionContentPart,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import {
  type Ask,
  type ClientError,
  type CreateClient,
  type Media,
  mapFinish,
  nameOf,
  type Outcome,
  outcomeOf,
} from '../client.ts';
import { OPENAI_SDK } from '../names.ts';

const FINISH = { stop: 'stop', length: 'length', tool_calls: 'tool-calls', content_filter: 'refused' } as const;

export const createOpenaiChat: CreateClient = (gatewayUrl, key) => {
  const sdk = new OpenAI({ apiKey: key, baseURL: `${gatewayUrl}/v1`, maxRetries: 0 });
  return {
    name: OPENAI_SDK,
    dialect: 'openai-chat',
    rareParameter: 'seed',
    open(ask) {
      const messages: ChatCompletionMessageParam[] = [];
      if (ask.system !== undefined) messages.push({ role: 'system', content: ask.system });
      messages.push({ role: 'user', content: contentOf(ask) });
      let ids = new Map<string, string>();
      return {
        ask: (model, streamed) =>
          outcomeOf(async () => {
            const body = { ...settingsOf(ask), model, messages };
            const { completion, reasoning } = streamed ? await inPieces(sdk, body) : await inOne(sdk, body);
            const message = messageOf(completion);
            messages.push(message);
            ids = new Map(functionCalls(message).map((call) => [call.function.name, call.id]));
            return { ...readCompletion(completion), reasoning };
          }, readOpenaiError),
        giveResults(results) {
          for (const { name, text } of results) {
            messages.push({ role: 'tool', tool_call_id: ids.get(name) ?? '', content: text });
          }
        },
      };
    },
  };
};

interface Answer {
  readonly completion: ChatCompletion;
  readonly reasoning: string;
}

async function inOne(sdk: OpenAI, body: ChatCompletionCreateParamsNonStreaming): Promise<Answer> {
  const completion = await sdk.chat.completions.create(body);
  return { completion, reasoning: reasoningOf(messageOf(completion)) };
}

/** Of a field that it does not know the SDK keeps the last piece, so that its users put the pieces together. */
async function inPieces(sdk: OpenAI, body: ChatCompletionCreateParamsNonStreaming): Promise<Answer> {
  const stream = sdk.chat.completions.stream({ ...body, stream: true, stream_options: { include_usage: true } });
  let reasoning = '';
  stream.on('chunk', ({ choices: [choice] }) => {
    reasoning += reasoningOf(choice?.delta ?? {});
  });
  return { completion: await stream.finalChatCompletion(), reasoning };
}

/** Not OpenAI's, and so not in the SDK's types: what shows reasoning in this format uses it. */
function reasoningOf(message: object): string {
  const { reasoning_content: reasoning } = message as { readonly reasoning_content?: string | null };
  return reasoning ?? '';
}

export function readOpenaiError(error: unknown): ClientError | undefined {
  if (!(error instanceof APIError)) return undefined;
  const { status, code, type, message } = error;
  return { type: nameOf(error), status, code: code ?? type ?? undefined, message };
}

function settingsOf(ask: Ask): Omit<ChatCompletionCreateParamsNonStreaming, 'model' | 'messages'> {
  const { tools, schema, maxTokens, think, rare } = ask;
  return {
    ...(tools === undefined
      ? {}
      : { tools: tools.map((tool) => ({ type: 'function' as const, function: { ...tool } })) }),
    ...(schema === undefined
      ? {}
      : {
          response_format: {
            type: 'json_schema' as const,
            json_schema: { name: 'order', strict: true, schema: { ...schema } },
          },
        }),
    ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
    ...(think === true ? { reasoning_effort: 'medium' as const } : {}),
    ...(rare === true ? { seed: 7 } : {}),
  };
}

function contentOf({ text, media }: Ask): string | ChatCompletionContentPart[] {
  return media === undefined ? text : [{ type: 'text', text }, mediaPart(media)];
}

function mediaPart(media: Media): ChatCompletionContentPart {
  if ('url' in media) return { type: 'image_url', image_url: { url: media.url } };
  const url = `data:${media.mediaType};base64,${media.data}`;
  if (media.kind === 'image') return { type: 'image_url', image_url: { url } };
  return { type: 'file', file: { filename: 'tariff.pdf', file_data: url } };
}

function messageOf(completion: ChatCompletion): ChatCompletion.Choice['message'] {
  const [choice] = completion.choices;
  if (choice === undefined) throw new Error('There is no choice.');
  return choice.message;
}

function functionCalls(message: ChatCompletion.Choice['message']) {
  return (message.tool_calls ?? []).map((call) => {
    if (call.type !== 'function') throw new Error(`Unexpected call: ${call.type}`);
    return call;
  });
}

function readCompletion(completion: ChatCompletion): Omit<Outcome, 'reasoning'> {
  const message = messageOf(completion);
  return {
    text: (message.content ?? '') + (message.refusal ?? ''),
    calls: functionCalls(message).map((call) => ({
      name: call.function.name,
      arguments: JSON.parse(call.function.arguments) as unknown,
    })),
    finish: message.refusal ? 'refused' : mapFinish(FINISH, completion.choices[0]?.finish_reason),
    usage:
      completion.usage == null
        ? undefined
        : { input: completion.usage.prompt_tokens, output: completion.usage.completion_tokens },
  };
}
