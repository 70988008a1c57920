import OpenAI from 'openai';
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseFunctionToolCall,
  ResponseInputContent,
  ResponseInputItem,
} from 'openai/resources/responses/responses';
import { type Ask, type CreateClient, type Finish, type Media, type Outcome, outcomeOf } from '../client.ts';
import { readOpenaiError } from './openai-chat.ts';

export const createOpenaiResponses: CreateClient = (gatewayUrl, key) => {
  const sdk = new OpenAI({ apiKey: key, baseURL: `${gatewayUrl}/v1`, maxRetries: 0 });
  return {
    name: 'openai, Responses',
    dialect: 'openai-responses',
    rareParameter: 'top_logprobs',
    open(ask) {
      const input: ResponseInputItem[] = [{ role: 'user', content: contentOf(ask) }];
      let ids = new Map<string, string>();
      return {
        ask: (model, streamed) =>
          outcomeOf(async () => {
            const body = { ...settingsOf(ask), model, input };
            const response = streamed
              ? await sdk.responses.stream({ ...body, stream: true }).finalResponse()
              : await sdk.responses.create(body);
            input.push(...(response.output as ResponseInputItem[]));
            ids = new Map(callsOf(response).map((call) => [call.name, call.call_id]));
            return readResponse(response);
          }, readOpenaiError),
        giveResults(results) {
          for (const { name, text } of results) {
            input.push({ type: 'function_call_output', call_id: ids.get(name) ?? '', output: text });
          }
        },
      };
    },
  };
};

function settingsOf(ask: Ask): Omit<ResponseCreateParamsNonStreaming, 'model' | 'input'> {
  const { system, tools, schema, maxTokens, think, rare } = ask;
  return {
    store: false,
    ...(system === undefined ? {} : { instructions: system }),
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, description, parameters }) => ({
            type: 'function' as const,
            name,
            description,
            parameters: { ...parameters },
            strict: false,
          })),
        }),
    ...(schema === undefined
      ? {}
      : { text: { format: { type: 'json_schema' as const, name: 'order', strict: true, schema: { ...schema } } } }),
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
    ...(think === true
      ? {
          reasoning: { effort: 'medium' as const, summary: 'auto' as const },
          include: ['reasoning.encrypted_content' as const],
        }
      : {}),
    ...(rare === true ? { top_logprobs: 2, include: ['message.output_text.logprobs' as const] } : {}),
  };
}

function contentOf({ text, media }: Ask): string | ResponseInputContent[] {
  return media === undefined ? text : [{ type: 'input_text', text }, mediaPart(media)];
}

function mediaPart(media: Media): ResponseInputContent {
  if ('url' in media) return { type: 'input_image', image_url: media.url, detail: 'auto' };
  const url = `data:${media.mediaType};base64,${media.data}`;
  if (media.kind === 'image') return { type: 'input_image', image_url: url, detail: 'auto' };
  return { type: 'input_file', filename: 'tariff.pdf', file_data: url };
}

function callsOf(response: Response): readonly ResponseFunctionToolCall[] {
  return response.output.filter((item) => item.type === 'function_call');
}

function readResponse(response: Response): Outcome {
  const contents = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
  const { error, usage } = response;
  return {
    text: contents.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join(''),
    reasoning: response.output
      .flatMap((item) => (item.type === 'reasoning' ? [...item.summary, ...(item.content ?? [])] : []))
      .map((part) => part.text)
      .join(''),
    calls: callsOf(response).map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) as unknown })),
    finish: finishOf(response),
    usage: usage == null ? undefined : { input: usage.input_tokens, output: usage.output_tokens },
    ...(error === null
      ? {}
      : { error: { type: 'response.error', status: undefined, code: error.code, message: error.message } }),
  };
}

function finishOf(response: Response): Finish {
  const { status, incomplete_details: incomplete } = response;
  if (status === 'incomplete') return incomplete?.reason === 'max_output_tokens' ? 'length' : 'refused';
  if (status !== 'completed') return 'unfinished';
  if (callsOf(response).length > 0) return 'tool-calls';
  const refused = response.output.some(
    (item) => item.type === 'message' && item.content.some((part) => part.type === 'refusal'),
  );
  return refused ? 'refused' : 'stop';
}
