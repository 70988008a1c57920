import Anthropic, { APIError } from '@anthropic-ai/sdk';
import type {
  ContentBlockParam,
  Message,
  MessageCreateParamsNonStreaming,
  MessageParam,
} from '@anthropic-ai/sdk/resources/messages';
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

const FINISH = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  refusal: 'refused',
} as const;

export const createAnthropic: CreateClient = (gatewayUrl, key) => {
  const sdk = new Anthropic({ apiKey: key, baseURL: gatewayUrl, maxRetries: 0 });
  return {
    name: '@anthropic-ai/sdk',
    dialect: 'anthropic-messages',
    rareParameter: 'top_k',
    open(ask) {
      const messages: MessageParam[] = [{ role: 'user', content: contentOf(ask) }];
      let ids = new Map<string, string>();
      return {
        ask: (model, streamed) =>
          outcomeOf(async () => {
            const body = { ...settingsOf(ask), model, messages };
            const message = streamed ? await sdk.messages.stream(body).finalMessage() : await sdk.messages.create(body);
            messages.push({ role: 'assistant', content: message.content });
            ids = new Map(callsOf(message).map((call) => [call.name, call.id]));
            return readMessage(message);
          }, readError),
        giveResults(results) {
          messages.push({
            role: 'user',
            content: results.map(({ name, text }) => ({
              type: 'tool_result',
              tool_use_id: ids.get(name) ?? '',
              content: text,
            })),
          });
        },
      };
    },
  };
};

function readError(error: unknown): ClientError | undefined {
  if (!(error instanceof APIError)) return undefined;
  return { type: nameOf(error), status: error.status, code: error.type ?? undefined, message: error.message };
}

function settingsOf(ask: Ask): Omit<MessageCreateParamsNonStreaming, 'model' | 'messages'> {
  const { system, tools, schema, maxTokens = 8_192, think, rare } = ask;
  return {
    max_tokens: maxTokens,
    ...(system === undefined ? {} : { system }),
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }) => ({
            name,
            description,
            input_schema: { ...parameters },
          })),
        }),
    ...(schema === undefined
      ? {}
      : { output_config: { format: { type: 'json_schema' as const, schema: { ...schema } } } }),
    ...(think === true ? { thinking: { type: 'enabled' as const, budget_tokens: 2_048 } } : {}),
    ...(rare === true ? { top_k: 20 } : {}),
  };
}

function contentOf({ text, media }: Ask): string | ContentBlockParam[] {
  return media === undefined ? text : [{ type: 'text', text }, mediaBlock(media)];
}

function mediaBlock(media: Media): ContentBlockParam {
  if ('url' in media) return { type: 'image', source: { type: 'url', url: media.url } };
  const { data } = media;
  return media.kind === 'image'
    ? { type: 'image', source: { type: 'base64', media_type: 'image/png', data } }
    : { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } };
}

function callsOf(message: Message) {
  return message.content.filter((block) => block.type === 'tool_use');
}

function readMessage(message: Message): Outcome {
  const { usage } = message;
  return {
    text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: message.content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: callsOf(message).map((call) => ({ name: call.name, arguments: call.input })),
    finish: mapFinish(FINISH, message.stop_reason),
    usage: usage && {
      input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
    },
  };
}
