import OpenAI from 'openai';
import type {
  Response as ModelResponse,
  ResponseCreateParamsNonStreaming,
  ResponseFunctionToolCall,
  ResponseInput,
  ResponseOutputItem,
  ResponseReasoningItem,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { clock, closed, include, model, weather } from './responses-tools.ts';
import { post, useProviders } from './support.ts';

type Params = ResponseCreateParamsNonStreaming;

const start = useProviders();
const thinker = 'gpt-5-mini@fast';

const REQUESTS: { readonly [name: string]: Params } = {
  text: { model, input: 'Hello' },
  'a set length': { model: `${model}+tokens-40`, input: 'Hello' },
  max_output_tokens: { model, input: 'Hello', max_output_tokens: 16 },
  'one tool': { model, input: 'Weather?', tools: [weather] },
  'parallel tools': { model, input: 'Weather and time?', tools: [weather, clock] },
  'parallel calls forbidden': { model, input: 'Both', tools: [weather, clock], parallel_tool_calls: false },
  'a tool without arguments': { model, input: 'Time?', tools: [clock] },
  'a named tool': {
    model,
    input: 'Time?',
    tools: [weather, clock],
    tool_choice: { type: 'function', name: 'get_time' },
  },
  'tools forbidden': { model, input: 'Time?', tools: [clock], tool_choice: 'none' },
  'a custom tool': { model, input: 'Run', tools: [{ type: 'custom', name: 'run_code' }] },
  'a call cut by max_output_tokens': {
    model: thinker,
    input: 'Weather?',
    tools: [weather],
    reasoning: { effort: 'minimal' },
    max_output_tokens: 16,
  },
  'tool results': {
    model,
    tools: [weather],
    input: [
      { role: 'user', content: 'Weather?' },
      { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '21 degrees' },
    ],
  },
  'a JSON schema': {
    model,
    input: 'Weather?',
    text: { format: { type: 'json_schema', name: 'weather', schema: closed, strict: true } },
  },
  'any JSON': { model, input: 'As JSON, please', text: { format: { type: 'json_object' } } },
  'hidden thoughts': { model: thinker, input: 'Think', reasoning: { effort: 'low' } },
  'summed up thoughts': { model: thinker, input: 'Think', reasoning: { effort: 'low', summary: 'auto' }, include },
  'thoughts before tools': {
    model: thinker,
    input: 'Weather and time?',
    tools: [weather, clock],
    reasoning: { effort: 'low', summary: 'auto' },
    include,
    store: false,
  },
  'nothing but thoughts': {
    model: thinker,
    input: 'Think',
    reasoning: { effort: 'high', summary: 'auto' },
    max_output_tokens: 16,
  },
  refusal: { model, input: 'SIMULATE_REFUSAL' },
  'the content filter': { model: `${model}+content-filter-at-4`, input: 'Hello' },
};

function whole(name: string): Promise<ModelResponse> {
  return start().openai.responses.create(REQUESTS[name] as Params);
}

async function stream(params: Params): Promise<readonly ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of await start().openai.responses.create({ ...params, stream: true })) events.push(event);
  return events;
}

function last(events: readonly ResponseStreamEvent[]): ModelResponse {
  const event = events.at(-1);
  if (event === undefined || !('response' in event)) throw new Error('The stream does not end with the response.');
  return event.response as ModelResponse;
}

/** Ids are drawn for every answer; what they belong to is what counts. */
function essence({ status, incomplete_details, output, usage, model: served }: ModelResponse) {
  return { status, incomplete_details, usage, served, output: output.map((item) => ({ ...item, id: item.type })) };
}

function only<T extends ResponseOutputItem['type']>(response: ModelResponse, type: T) {
  return response.output.filter((item): item is Extract<ResponseOutputItem, { type: T }> => item.type === type);
}

describe.each(Object.keys(REQUESTS))('streamed and whole are the same answer: %s', (name) => {
  test('at the end of the stream', async () => {
    expect(essence(last(await stream(REQUESTS[name] as Params)))).toEqual(essence(await whole(name)));
  });

  test('and put together from its events', async () => {
    const events = await stream(REQUESTS[name] as Params);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.slice(0, 2).map((event) => event.type)).toEqual(['response.created', 'response.in_progress']);
    const texts = new Map<string, string>();
    const done: ResponseOutputItem[] = [];
    for (const event of events) {
      if ('delta' in event && typeof event.delta === 'string' && 'item_id' in event) {
        texts.set(event.item_id, (texts.get(event.item_id) ?? '') + event.delta);
      }
      if (event.type === 'response.output_item.added') expect(event.output_index).toBe(done.length);
      if (event.type === 'response.output_item.done') done.push(event.item);
    }
    expect(done).toEqual(last(events).output);
    for (const item of done) expect(texts.get(item.id ?? '') ?? '').toBe(textOf(item));
  });
});

function textOf(item: ResponseOutputItem): string {
  switch (item.type) {
    case 'message':
      return item.content
        .map((part) => ('text' in part ? part.text : part.type === 'refusal' ? part.refusal : ''))
        .join('');
    case 'reasoning':
      return item.summary.map((part) => part.text).join('');
    case 'function_call':
      return item.arguments;
    default:
      return item.type === 'custom_tool_call' ? item.input : '';
  }
}

describe('what is asked is what comes', () => {
  test('a length and a cap', async () => {
    expect((await whole('a set length')).usage?.output_tokens).toBe(40);
    expect(await whole('max_output_tokens')).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
      usage: { output_tokens: 16 },
    });
    expect(await whole('a call cut by max_output_tokens')).toMatchObject({
      status: 'incomplete',
      output: [{ type: 'reasoning' }, { type: 'function_call', status: 'incomplete' }],
    });
  });

  test.each([
    ['one tool', ['get_weather']],
    ['parallel tools', ['get_weather', 'get_time']],
    ['parallel calls forbidden', ['get_weather']],
    ['a named tool', ['get_time']],
    ['tools forbidden', []],
  ])('%s: calls %j', async (name, names) => {
    const calls: readonly ResponseFunctionToolCall[] = only(await whole(name), 'function_call');
    expect(calls.map((call) => call.name)).toEqual(names);
    expect(new Set(calls.map((call) => call.call_id)).size).toBe(names.length);
    for (const call of calls) {
      expect(JSON.parse(call.arguments)).toEqual(
        call.name === 'get_time' ? {} : { city: expect.any(String), days: expect.toSatisfy((days) => days <= 5) },
      );
    }
  });

  test('a custom tool gets free text', async () => {
    const [call] = only(await whole('a custom tool'), 'custom_tool_call');
    expect(call).toMatchObject({ name: 'run_code', input: expect.stringContaining('print') });
  });

  test('a schema is kept, tool results and media are mentioned', async () => {
    expect(JSON.parse((await whole('a JSON schema')).output_text)).toEqual({
      city: expect.any(String),
      days: expect.any(Number),
    });
    expect((await whole('tool results')).output_text).toContain('21 degrees');
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' } as const;
    const file = { type: 'input_file', file_url: 'https://example.com/a.pdf' } as const;
    const call = { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' } as const;
    const seen = await start().openai.responses.create({
      model,
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Look' }, image, file] },
        call,
        { type: 'function_call_output', call_id: 'c', output: [image] },
      ],
    });
    expect(seen.output_text).toContain('I can see 2 images and one file.');
  });

  test('refusals and filters', async () => {
    expect((await whole('refusal')).output).toMatchObject([
      { content: [{ type: 'refusal', refusal: expect.stringMatching(/sorry/) }] },
    ]);
    expect(await whole('the content filter')).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
    });
  });
});

describe('thoughts', () => {
  const params = REQUESTS['thoughts before tools'] as Params;
  const back = (output: readonly ResponseOutputItem[]): ResponseInput => [
    { role: 'user', content: 'Weather and time?' },
    ...(output as ResponseInput),
    ...output
      .filter((item) => item.type === 'function_call')
      .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'fine' }) as const),
  ];
  const changed = (output: readonly ResponseOutputItem[], change: Partial<ResponseReasoningItem>) =>
    output.map((item) => (item.type === 'reasoning' ? { ...item, ...change } : item));

  test('are shown and encrypted where that is asked for', async () => {
    const [hidden] = only(await whole('hidden thoughts'), 'reasoning');
    expect(hidden).toEqual({ id: expect.stringMatching(/^rs_/), type: 'reasoning', summary: [] });
    const shown = await whole('summed up thoughts');
    const [item] = only(shown, 'reasoning');
    expect(item?.summary).toMatchObject([{ type: 'summary_text', text: expect.stringMatching(/\w+ \w+/) }]);
    expect(item?.encrypted_content).toMatch(/^gAAAAAB/);
    expect(shown.usage?.output_tokens_details.reasoning_tokens).toBe(32);
    expect(await whole('nothing but thoughts')).toMatchObject({
      status: 'incomplete',
      output: [{ type: 'reasoning' }],
    });
  });

  test('are finished only in the last of their events', async () => {
    const events = await stream(params);
    const items = events.filter((event) => 'item' in event && event.item.type === 'reasoning');
    const [added, done] = items.map((event) => ('item' in event ? (event.item as ResponseReasoningItem) : undefined));
    expect(added?.encrypted_content).not.toBe(done?.encrypted_content);
    await expect(
      start().openai.responses.create({
        ...params,
        input: back(changed(last(events).output, { encrypted_content: added?.encrypted_content ?? '' })),
      }),
    ).rejects.toMatchObject({ status: 400, code: 'invalid_encrypted_content' });
  });

  test('have to come back as they were, where nothing is stored', async () => {
    const { output } = await whole('thoughts before tools');
    const { responses } = start().openai;
    expect((await responses.create({ ...params, input: back(output) })).output_text).toContain('fine; fine');
    const without = output.map((item) => {
      if (item.type !== 'reasoning') return item;
      const { encrypted_content: _, ...rest } = item;
      return rest;
    });
    await expect(responses.create({ ...params, input: back(without) })).rejects.toMatchObject({
      status: 404,
      message: expect.stringMatching(/Item with id 'rs_\w+' not found\. Items are not persisted when `store` is set/),
    });
    const alone = output.filter((item) => item.type === 'reasoning');
    await expect(responses.create({ ...params, input: back(alone) })).rejects.toThrow(
      /of type 'reasoning' was provided without its required following item/,
    );
  });
});

describe('what is stored', () => {
  test('can be built upon', async () => {
    const { responses } = start().openai;
    const first = await responses.create({ model, input: 'Weather?', tools: [weather] });
    const [call] = only(first, 'function_call');
    const second = await responses.create({
      model,
      tools: [weather],
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: '21 degrees' }],
    });
    expect(second.output_text).toContain('21 degrees');
    expect(second.previous_response_id).toBe(first.id);
    expect(second.usage?.input_tokens).toBeGreaterThan(first.usage?.input_tokens ?? 0);
    const referring = await responses.create({
      model,
      input: [
        { role: 'user', content: 'Weather?' },
        { type: 'item_reference', id: call?.id ?? '' },
        { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'rain' },
      ],
    });
    expect(referring.output_text).toContain('rain');
  });

  test('but not what was not to be', async () => {
    const { responses } = start().openai;
    const { id, output } = await responses.create({ model, input: 'Hi', store: false });
    await expect(responses.create({ model, input: 'And?', previous_response_id: id })).rejects.toMatchObject({
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
    });
    const reference = { type: 'item_reference', id: output[0]?.id ?? '' } as const;
    await expect(responses.create({ model, input: [reference] })).rejects.toMatchObject({
      status: 404,
      param: 'input',
    });
  });
});

test('a long prompt that was sent before is cached', async () => {
  const instructions = Array.from({ length: 900 }, (_, index) => `Rule ${index}: pay.`).join(' ');
  const ask = async (input: string) =>
    (await start().openai.responses.create({ model: 'gpt-4.1-responses@fast', instructions, input })).usage;
  expect((await ask('One?'))?.input_tokens_details.cached_tokens).toBe(0);
  const second = await ask('Two?');
  expect(second?.input_tokens_details.cached_tokens).toBeGreaterThan(1024);
  expect(second?.input_tokens_details.cached_tokens).toBeLessThan(second?.input_tokens ?? 0);
});

describe('errors', () => {
  test.each([400, 401, 403, 404, 429, 500, 529])('%i', async (status) => {
    const params = { model: `gpt-4.1@${status}`, input: 'Hi' };
    const { responses } = start().openai;
    await expect(responses.create(params)).rejects.toMatchObject({ status });
    await expect(responses.create({ ...params, stream: true })).rejects.toMatchObject({ status });
  });

  test('in the middle of a stream are an event, and fail the response', async () => {
    const params = { model: `${model}+error-event-at-3`, input: 'Hi', stream: true };
    const text = await (await post(`${start().providers.responsesBaseUrl}/responses`, params)).text();
    const events = text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)) as ResponseStreamEvent);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.map((event) => event.type).slice(-5)).toEqual([
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.delta',
      'error',
      'response.failed',
    ]);
    expect(last(events)).toMatchObject({ status: 'failed', error: { code: 'server_error' }, usage: null });
    await expect(stream({ model: params.model, input: 'Hi' })).rejects.toBeInstanceOf(OpenAI.APIError);
  });
});
