/** The Messages API: https://platform.claude.com/docs/en/api/messages */
import type { SimulatedProvider } from '../provider.ts';
import { encodeStream } from './encode-stream.ts';
import { encodeWhole } from './encode-whole.ts';
import { encodeError, encodeProblem, errorEvent } from './errors.ts';
import { findProblem } from './find-problem.ts';
import { read } from './read.ts';

const MODELS = ['claude-opus-4-5', 'claude-sonnet-4-5', 'claude-haiku-4-5'];

export const anthropic: SimulatedProvider = {
  name: 'anthropic',
  path: '/anthropic/v1/messages',
  modelsPath: '/anthropic/v1/models',
  headers: (requestId) => ({
    'request-id': requestId,
    'anthropic-organization-id': '00000000-0000-4000-a000-000000000000',
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '49',
    'anthropic-ratelimit-requests-reset': '2030-01-01T00:00:00Z',
    'anthropic-ratelimit-tokens-limit': '80000',
    'anthropic-ratelimit-tokens-remaining': '79000',
    'anthropic-ratelimit-tokens-reset': '2030-01-01T00:00:00Z',
  }),
  credential: (headers) => {
    const key = headers['x-api-key'];
    return typeof key === 'string' ? key : /^Bearer\s+(.*)$/i.exec(headers.authorization ?? '')?.[1];
  },
  findProblem,
  read,
  useCache: (cache, model, prompt) => cache.marked(`anthropic/${model}`, prompt),
  encodeWhole,
  encodeStream,
  encodeProblem,
  encodeError,
  errorEvent,
  malformedEvent:
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_d\n\n',
  models: () => ({
    data: MODELS.map((id) => ({ type: 'model', id, display_name: id, created_at: '2025-01-01T00:00:00Z' })),
    has_more: false,
    first_id: MODELS[0],
    last_id: MODELS.at(-1),
  }),
};
