import {
  ApiError,
  type Content,
  FinishReason,
  type GenerateContentConfig,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
} from '@google/genai';
import {
  type Ask,
  type ClientError,
  type CreateClient,
  type Finish,
  type Media,
  mapFinish,
  nameOf,
  type Outcome,
  outcomeOf,
} from '../client.ts';

const FINISH: { readonly [reason: string]: Finish } = {
  [FinishReason.STOP]: 'stop',
  [FinishReason.MAX_TOKENS]: 'length',
  [FinishReason.SAFETY]: 'refused',
  [FinishReason.PROHIBITED_CONTENT]: 'refused',
};

export const createGoogle: CreateClient = (gatewayUrl, key) => {
  const sdk = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: gatewayUrl } });
  return {
    name: '@google/genai',
    dialect: 'gemini',
    rareParameter: 'seed',
    open(ask) {
      const config = configOf(ask);
      let message: Part[] = partsOf(ask);
      let history: Content[] = [];
      let calls: readonly { readonly id?: string; readonly name?: string }[] = [];
      return {
        ask: (model, streamed) =>
          outcomeOf(async () => {
            // A chat keeps its model; the history is its own doing.
            const chat = sdk.chats.create({ model, config, history });
            const responses = streamed
              ? await collect(await chat.sendMessageStream({ message }))
              : [await chat.sendMessage({ message })];
            history = chat.getHistory();
            calls = responses.flatMap((response) => response.functionCalls ?? []);
            return readResponses(responses);
          }, readError),
        giveResults(results) {
          message = results.map(({ name, text }) => {
            const id = calls.find((call) => call.name === name)?.id;
            return { functionResponse: { name, response: { output: text }, ...(id === undefined ? {} : { id }) } };
          });
        },
      };
    },
  };
};

async function collect<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** The body of the answer is the message, behind a sentence of the SDK's where it came in a stream. */
function readError(error: unknown): ClientError | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const { status, message } = error;
  const code = /"status":"([A-Z_]+)"/.exec(message)?.[1];
  return { type: nameOf(error), status, code, message };
}

function configOf(ask: Ask): GenerateContentConfig {
  const { system, tools, schema, maxTokens, think, rare } = ask;
  return {
    ...(system === undefined ? {} : { systemInstruction: system }),
    ...(tools === undefined
      ? {}
      : {
          tools: [
            {
              functionDeclarations: tools.map(({ name, description, parameters }) => ({
                name,
                description,
                parametersJsonSchema: parameters,
              })),
            },
          ],
        }),
    ...(schema === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: schema }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(think === true ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 2_048 } } : {}),
    ...(rare === true ? { seed: 7 } : {}),
  };
}

function partsOf({ text, media }: Ask): Part[] {
  return media === undefined ? [{ text }] : [{ text }, mediaPart(media)];
}

function mediaPart(media: Media): Part {
  const { mediaType: mimeType } = media;
  return 'url' in media
    ? { fileData: { fileUri: media.url, mimeType } }
    : { inlineData: { data: media.data, mimeType } };
}

function readResponses(responses: readonly GenerateContentResponse[]): Outcome {
  const parts = responses.flatMap((response) => response.candidates?.[0]?.content?.parts ?? []);
  const calls = responses.flatMap((response) => response.functionCalls ?? []);
  const textOf = (thought: boolean): string =>
    parts.map((part) => ((part.thought ?? false) === thought ? (part.text ?? '') : '')).join('');
  const reason = responses.flatMap((response) => response.candidates?.[0]?.finishReason ?? []).at(-1);
  const blocked = responses.some((response) => response.promptFeedback?.blockReason !== undefined);
  const finish = blocked ? 'refused' : mapFinish(FINISH, reason);
  const usage = responses.at(-1)?.usageMetadata;
  return {
    text: textOf(false),
    reasoning: textOf(true),
    calls: calls.map((call) => ({ name: call.name ?? '', arguments: call.args ?? {} })),
    // Google has no word of its own for an answer that calls functions.
    finish: finish === 'stop' && calls.length > 0 ? 'tool-calls' : finish,
    usage:
      usage === undefined
        ? undefined
        : {
            input: usage.promptTokenCount ?? 0,
            output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
          },
  };
}
