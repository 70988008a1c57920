/** One answer of the Converse API with everything in it that is read, streamed and whole. */
import type { Frame } from '../../functions/core/codec.ts';
import type { JsonObject } from '../../functions/core/json.ts';

const USAGE: JsonObject = {
  inputTokens: 20,
  outputTokens: 30,
  totalTokens: 60,
  cacheReadInputTokens: 4,
  cacheWriteInputTokens: 6,
  cacheDetails: [{ ttl: '5m', inputTokens: 6 }],
};
const METRICS: JsonObject = { latencyMs: 9 };

const delta = (contentBlockIndex: number, value: JsonObject): readonly [string, JsonObject] => [
  'contentBlockDelta',
  { contentBlockIndex, delta: value },
];
const stop = (contentBlockIndex: number): readonly [string, JsonObject] => ['contentBlockStop', { contentBlockIndex }];

const EVENTS: readonly (readonly [string, JsonObject])[] = [
  ['messageStart', { role: 'assistant' }],
  delta(0, { reasoningContent: { text: 'It rains ' } }),
  delta(0, { reasoningContent: { text: 'in Bergen.' } }),
  delta(0, { reasoningContent: { signature: 'c2lnbmF0dXJl' } }),
  stop(0),
  delta(1, { text: 'Let me ' }),
  delta(1, { text: 'look.' }),
  stop(1),
  ['contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'tooluse_1', name: 'weather' } } }],
  delta(2, { toolUse: { input: '{"city":' } }),
  delta(2, { toolUse: { input: '"Bergen"}' } }),
  stop(2),
  ['messageStop', { stopReason: 'tool_use' }],
  ['metadata', { usage: USAGE, metrics: METRICS, serviceTier: { type: 'priority' } }],
];

export const BEDROCK_EVENTS: readonly Frame[] = EVENTS.map(([event, data]) => ({
  event,
  data: JSON.stringify(data),
  raw: '',
}));

export const BEDROCK_ANSWER: JsonObject = {
  output: {
    message: {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'It rains in Bergen.', signature: 'c2lnbmF0dXJl' } } },
        { text: 'Let me look.' },
        { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { city: 'Bergen' } } },
      ],
    },
  },
  stopReason: 'tool_use',
  usage: USAGE,
  metrics: METRICS,
  serviceTier: { type: 'priority' },
};
