/** The Chat Completions API: https://platform.openai.com/docs/api-reference/chat */
import type { SimulatedProvider } from '../provider.ts';
import { encodeStream } from './encode-stream.ts';
import { encodeWhole } from './encode-whole.ts';
import { encodeError, encodeProblem, errorEvent } from './errors.ts';
import { findProblem } from './find-problem.ts';
import { read } from './read.ts';

const MODELS = ['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'gpt-4.1', 'gpt-4o', 'gpt-4o-mini'];

export const openai: SimulatedProvider = {
  name: 'openai',
  path: '/openai/v1/chat/completions',
  modelsPath: '/openai/v1/models',
  headers: (requestId) => ({
    'x-request-id': requestId,
    'openai-organization': 'org-simulated',
    'openai-version': '2020-10-01',
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-limit-tokens': '200000',
    'x-ratelimit-remaining-requests': '499',
    'x-ratelimit-remaining-tokens': '199000',
    'x-ratelimit-reset-requests': '120ms',
    'x-ratelimit-reset-tokens': '6m0s',
  }),
  credential: (headers) => /^Bearer\s+(.*)$/i.exec(headers.authorization ?? '')?.[1],
  findProblem,
  read,
  useCache: (cache, model, prompt) => cache.automatic(`openai/${model}`, prompt),
  encodeWhole,
  encodeStream,
  encodeProblem,
  encodeError,
  errorEvent,
  malformedEvent: 'data: {"id":"chatcmpl-broken","choices":[{"index":0,"delta":{"cont\n\n',
  models: () => ({
    object: 'list',
    data: MODELS.map((id) => ({ id, object: 'model', created: 1_735_689_600, owned_by: 'simulated' })),
  }),
};
