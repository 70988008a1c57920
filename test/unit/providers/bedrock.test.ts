/** The simulation of Bedrock, as AWS's own client sees it. */
import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SimulatedProviders, startSimulatedProviders } from '../../../local/providers/index.ts';
import { NOTHING, WEATHER } from './support.ts';

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0';

let providers: SimulatedProviders;
let client: BedrockRuntimeClient;
const clientWith = (accessKeyId: string) =>
  new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: providers.bedrockBaseUrl,
    credentials: { accessKeyId, secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
beforeAll(async () => {
  providers = await startSimulatedProviders();
  client = clientWith('AKIDEXAMPLE');
});
afterAll(async () => {
  client.destroy();
  await providers.close();
});

const ask = (
  text: string,
  more: Partial<ConverseCommandInput> = {},
  model = `${CLAUDE}@fast`,
): ConverseCommandInput => ({
  modelId: model,
  messages: [{ role: 'user', content: [{ text }] }],
  ...more,
});

async function stream(input: ConverseCommandInput): Promise<readonly ConverseStreamOutput[]> {
  const { stream: events = [] } = await client.send(new ConverseStreamCommand(input));
  return Array.fromAsync(events);
}

const textOf = (events: readonly ConverseStreamOutput[]) =>
  events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('');

const TOOLS = {
  tools: [
    { toolSpec: { name: 'get_weather', description: 'Weather', inputSchema: { json: WEATHER } } },
    { toolSpec: { name: 'ping', inputSchema: { json: NOTHING } } },
  ],
};

describe('an answer', () => {
  it('is the same, streamed and whole, usage included', async () => {
    const whole = await client.send(new ConverseCommand(ask('What does the toll cost?')));
    const events = await stream(ask('What does the toll cost?'));
    expect(events.map((event) => Object.keys(event)[0]).filter((name) => name !== 'contentBlockDelta')).toEqual([
      'messageStart',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(textOf(events)).toBe(whole.output?.message?.content?.[0]?.text);
    expect(events.at(-2)?.messageStop?.stopReason).toBe(whole.stopReason);
    expect(events.at(-1)?.metadata?.usage).toEqual(whole.usage);
    expect(whole.usage?.totalTokens).toBe((whole.usage?.inputTokens ?? 0) + (whole.usage?.outputTokens ?? 0));
  });

  it('calls tools, without arguments too, and reads what they say', async () => {
    const input = ask('Ask both.', { toolConfig: { ...TOOLS, toolChoice: { any: {} } } });
    const { output, stopReason } = await client.send(new ConverseCommand(input));
    expect(stopReason).toBe('tool_use');
    const calls = output?.message?.content?.flatMap((block) => block.toolUse ?? []) ?? [];
    expect(calls.map((call) => call.name)).toEqual(['get_weather', 'ping']);
    expect(calls[1]?.input).toEqual({});
    const events = await stream(input);
    const pieces = events.filter((event) => event.contentBlockDelta?.contentBlockIndex === 0);
    expect(JSON.parse(pieces.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? '').join(''))).toEqual(
      calls[0]?.input,
    );
    const results = calls.map((call) => ({
      toolResult: { toolUseId: call.toolUseId, content: [{ text: `${call.name}: fine` }] },
    }));
    const messages = [
      ...(input.messages ?? []),
      { role: 'assistant' as const, content: output?.message?.content },
      { role: 'user' as const, content: results },
    ];
    const last = await client.send(new ConverseCommand({ ...input, messages, toolConfig: TOOLS }));
    expect(last.output?.message?.content?.[0]?.text).toContain('get_weather: fine; ping: fine');
  });

  it('thinks where it is told to, and knows its own thoughts again', async () => {
    const thinking = {
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1_024 } },
      inferenceConfig: { maxTokens: 2_000 },
    };
    const { output } = await client.send(new ConverseCommand(ask('Why?', thinking)));
    const [thought] = output?.message?.content ?? [];
    expect(thought?.reasoningContent?.reasoningText?.signature).toBeTruthy();
    const events = await stream(ask('Why?', thinking));
    expect(events.map((event) => event.contentBlockDelta?.delta?.reasoningContent?.signature ?? '').join('')).toBe(
      thought?.reasoningContent?.reasoningText?.signature,
    );
    const turn = (text: string) =>
      ask('', {
        ...thinking,
        messages: [
          { role: 'user', content: [{ text: 'Why?' }] },
          {
            role: 'assistant',
            content: [
              {
                reasoningContent: {
                  reasoningText: { text, signature: thought?.reasoningContent?.reasoningText?.signature },
                },
              },
              { text: 'So.' },
            ],
          },
          { role: 'user', content: [{ text: 'And?' }] },
        ],
      });
    await client.send(new ConverseCommand(turn(thought?.reasoningContent?.reasoningText?.text ?? '')));
    await expect(client.send(new ConverseCommand(turn('another thought')))).rejects.toThrow(/Invalid `signature`/);
    await expect(client.send(new ConverseCommand({ ...turn('x'), modelId: LLAMA }))).rejects.toThrow(
      /reasoning content/,
    );
  });

  it('hides its thoughts as bytes', async () => {
    const fields = { additionalModelRequestFields: { thinking: { type: 'adaptive' } } };
    const input = ask('SIMULATE_REDACTED_THINKING', fields);
    const { output } = await client.send(new ConverseCommand(input));
    const redacted = output?.message?.content?.[0]?.reasoningContent?.redactedContent;
    expect(Buffer.from(redacted ?? []).toString()).toMatch(/^simulated:redacted:/);
    const events = await stream(input);
    expect(events.flatMap((event) => event.contentBlockDelta?.delta?.reasoningContent?.redactedContent ?? [])).toEqual([
      redacted,
    ]);
  });

  it('fills a schema, stops where it is told, and names what stopped it', async () => {
    const schema = JSON.stringify({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] });
    const outputConfig = { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema } } } } as const;
    const json = await client.send(new ConverseCommand(ask('Where?', { outputConfig })));
    expect(JSON.parse(json.output?.message?.content?.[0]?.text ?? '')).toEqual({ city: expect.any(String) });
    const stopped = await client.send(
      new ConverseCommand(
        ask('Go', {
          inferenceConfig: { stopSequences: ['simulated'] },
          additionalModelResponseFieldPaths: ['/stop_sequence'],
        }),
      ),
    );
    expect(stopped).toMatchObject({
      stopReason: 'stop_sequence',
      additionalModelResponseFields: { stop_sequence: 'simulated' },
    });
    const capped = await client.send(new ConverseCommand(ask('Go', { inferenceConfig: { maxTokens: 3 } })));
    expect(capped).toMatchObject({ stopReason: 'max_tokens', usage: { outputTokens: 3 } });
  });

  it('comes out of the cache, by lifetime', async () => {
    const system = [
      { text: `${'The rules of the gate. '.repeat(400)}${Math.random()}` },
      { cachePoint: { type: 'default', ttl: '1h' } },
    ] as const;
    const input = ask('Hi', { system: [...system] });
    const first = await client.send(new ConverseCommand(input));
    const second = await client.send(new ConverseCommand(input));
    const written = first.usage?.cacheWriteInputTokens ?? 0;
    expect(written).toBeGreaterThan(1_024);
    expect(first.usage?.cacheDetails).toEqual([{ ttl: '1h', inputTokens: written }]);
    expect(second.usage).toMatchObject({ cacheReadInputTokens: written, cacheWriteInputTokens: 0 });
    await expect(client.send(new ConverseCommand({ ...input, modelId: LLAMA }))).rejects.toThrow(/prompt caching/);
  });
});

describe('faults', () => {
  it.each([
    ['429', 'ThrottlingException', 429],
    ['429-quota', 'ThrottlingException', 429],
    ['500', 'InternalServerException', 500],
    ['503', 'ServiceUnavailableException', 503],
    ['529', 'ServiceUnavailableException', 503],
    ['403', 'AccessDeniedException', 403],
    ['404', 'ResourceNotFoundException', 404],
    ['408', 'ModelTimeoutException', 408],
    ['424', 'ModelErrorException', 424],
    ['context-length', 'ValidationException', 400],
    ['content-filter', 'ValidationException', 400],
  ])('@%s is a %s', async (fault, name, status) => {
    for (const command of [
      new ConverseCommand(ask('Hi', {}, `${CLAUDE}@${fault}`)),
      new ConverseStreamCommand(ask('Hi', {}, `${CLAUDE}@${fault}`)),
    ]) {
      const error = await client.send(command as ConverseCommand).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BedrockRuntimeServiceException);
      expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } });
    }
  });

  it('@error-event is an exception in the middle of the stream', async () => {
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      const { stream: events = [] } = await client.send(
        new ConverseStreamCommand(ask('Hi', {}, `${CLAUDE}@fast+error-event-at-3`)),
      );
      for await (const event of events) seen.push(...Object.keys(event));
    };
    await expect(reading()).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: expect.stringContaining('Too many requests'),
    });
    expect(seen.filter((name) => name === 'contentBlockDelta')).toHaveLength(3);
  });

  it('@content-filter-at ends the answer', async () => {
    const events = await stream(ask('Hi', {}, `${CLAUDE}@fast+content-filter-at-2`));
    expect(events.at(-2)?.messageStop?.stopReason).toBe('content_filtered');
  });

  it('of a wrong key', async () => {
    const wrong = clientWith('invalid');
    await expect(wrong.send(new ConverseCommand(ask('Hi')))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    wrong.destroy();
  });

  it('that do not exist are told', async () => {
    await expect(client.send(new ConverseCommand(ask('Hi', {}, `${CLAUDE}@earthquake`)))).rejects.toThrow(
      /knows no fault "earthquake"/,
    );
  });
});

describe('what Bedrock refuses', () => {
  const user = (text: string) => ({ role: 'user' as const, content: [{ text }] });
  const call = (toolUseId: string) => ({
    role: 'assistant' as const,
    content: [{ toolUse: { toolUseId, name: 'ping', input: {} } }],
  });
  const result = (toolUseId: string) => ({
    role: 'user' as const,
    content: [{ toolResult: { toolUseId, content: [{ text: 'ok' }] } }],
  });
  const system = { role: 'system' as const, content: [{ text: 'x' }] };

  it.each<readonly [string, Partial<ConverseCommandInput>, RegExp]>([
    ['no messages', { messages: [] }, /must start with a user message/],
    ['an assistant in front', { messages: [call('x')] }, /must start with a user message/],
    ['two users in a row', { messages: [user('a'), user('b')] }, /must alternate/],
    ['system messages in between', { messages: [user('a'), system] }, /Member must satisfy enum value set/],
    ['blank text', { messages: [user(' ')] }, /is blank/],
    ['empty content', { messages: [{ role: 'user', content: [] }] }, /is empty/],
    [
      'calls without results',
      { messages: [user('a'), call('x'), user('b')], toolConfig: TOOLS },
      /Expected toolResult blocks/,
    ],
    [
      'results without calls',
      { messages: [user('a'), call('x'), result('y')], toolConfig: TOOLS },
      /exceeds the number of toolUse/,
    ],
    ['calls without tools', { messages: [user('a'), call('x'), result('x')] }, /toolConfig field must be defined/],
    [
      'ids of other shapes',
      { messages: [user('a'), call('x:1'), result('x:1')], toolConfig: TOOLS },
      /regular expression pattern/,
    ],
    ['no tools', { toolConfig: { tools: [] } }, /length greater than or equal to 1/],
    ['a tool that is not offered', { toolConfig: { ...TOOLS, toolChoice: { tool: { name: 'x' } } } }, /not defined/],
    [
      'two choices',
      {
        toolConfig: { ...TOOLS, toolChoice: { any: {} } },
        additionalModelRequestFields: { tool_choice: { type: 'auto' } },
      },
      /conflicts with the existing field toolConfig.toolChoice.any/,
    ],
    ['a temperature over 1', { inferenceConfig: { temperature: 1.5 } }, /between 0 and 1/],
    [
      'a budget over the cap',
      {
        inferenceConfig: { maxTokens: 1_024 },
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      },
      /must be greater than/,
    ],
    [
      'documents of one name',
      {
        messages: [
          {
            role: 'user',
            content: [0, 1].map(() => ({
              document: { name: 'a', format: 'txt' as const, source: { bytes: Uint8Array.of(65) } },
            })),
          },
        ],
      },
      /duplicate document/,
    ],
    [
      'documents with punctuation',
      {
        messages: [
          {
            role: 'user',
            content: [{ document: { name: 'a.txt', format: 'txt', source: { bytes: Uint8Array.of(65) } } }],
          },
        ],
      },
      /file name/,
    ],
  ])('%s', async (_, more, message) => {
    await expect(client.send(new ConverseCommand(ask('Hi', more)))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  it.each<readonly [string, string, Partial<ConverseCommandInput>, RegExp]>([
    [
      'sampling',
      'global.openai.gpt-6-astra',
      { inferenceConfig: { temperature: 0.1 } },
      /doesn't support the temperature field/,
    ],
    [
      'a forced tool',
      LLAMA,
      { toolConfig: { ...TOOLS, toolChoice: { any: {} } } },
      /doesn't support the toolConfig.toolChoice.any/,
    ],
    [
      'a certain tool',
      'mistral.mistral-large-2407-v1:0',
      { toolConfig: { ...TOOLS, toolChoice: { tool: { name: 'ping' } } } },
      /doesn't support the toolConfig.toolChoice.tool/,
    ],
    [
      'long ids',
      'mistral.mistral-large-2407-v1:0',
      { messages: [user('a'), call('tooluse_1'), result('tooluse_1')], toolConfig: TOOLS },
      /length of 9/,
    ],
  ])('%s of %s', async (_, modelId, more, message) => {
    await expect(client.send(new ConverseCommand({ ...ask('Hi', more), modelId }))).rejects.toThrow(message);
  });
});

describe('embeddings', () => {
  const invoke = async (modelId: string, body: object) => {
    const answer = await client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }));
    return JSON.parse(new TextDecoder().decode(answer.body));
  };

  it('come in the words of each family, the same for the same text', async () => {
    const titan = await invoke('amazon.titan-embed-text-v2:0', { inputText: 'gate', dimensions: 256 });
    expect(titan).toEqual({ embedding: expect.any(Array), inputTextTokenCount: 1 });
    expect(titan.embedding).toHaveLength(256);
    expect(Math.hypot(...titan.embedding)).toBeCloseTo(1);
    const cohere = await invoke('cohere.embed-v4:0', {
      texts: ['gate', 'gate'],
      input_type: 'search_query',
      output_dimension: 256,
    });
    expect(cohere.embeddings.float[0]).toEqual(cohere.embeddings.float[1]);
    const nova = await invoke('amazon.nova-2-multimodal-embeddings-v1:0', {
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: { embeddingPurpose: 'GENERIC_INDEX', text: { truncationMode: 'NONE', value: 'gate' } },
    });
    expect(nova.embeddings[0].embedding).toHaveLength(3_072);
  });

  it.each([
    ['amazon.titan-embed-text-v1', { inputText: 'a', dimensions: 256 }, /extraneous key \[dimensions\]/],
    ['amazon.titan-embed-text-v2:0', {}, /required key \[inputText\]/],
    ['cohere.embed-english-v3', { texts: ['a'] }, /required key \[input_type\]/],
    ['amazon.nova-2-multimodal-embeddings-v1:0', {}, /taskType/],
    ['anthropic.claude-x', { inputText: 'a' }, /not simulated/],
  ])('of %s refuse %j', async (modelId, body, message) => {
    await expect(invoke(modelId, body)).rejects.toThrow(message);
  });
});
