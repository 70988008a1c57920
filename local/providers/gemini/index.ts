/** The Gemini API: https://ai.google.dev/api/generate-content */
import type { SimulatedCalculation, SimulatedProvider } from '../provider.ts';
import { addressOfGeneration, addressOfMethod } from './address.ts';
import { countTokensOf } from './count-tokens.ts';
import { embed, embedAll } from './embed.ts';
import { encodeStream } from './encode-stream.ts';
import { encodeWhole } from './encode-whole.ts';
import { encodeError, encodeKeyError, encodeProblem, errorEvent } from './errors.ts';
import { findBatchProblem, findCountProblem, findEmbedProblem } from './find-calculation-problem.ts';
import { findProblem } from './find-problem.ts';
import { read } from './read.ts';

const MODELS = ['gemini-3-pro-preview', 'gemini-3-flash-preview', 'gemini-2.5-pro', 'gemini-2.5-flash'];
const METHODS = ['generateContent', 'countTokens', 'embedContent', 'batchEmbedContents'];

const front = {
  name: 'gemini',
  // In either version of the interface.
  modelsPath: '/gemini/v1',
  headers: () => ({ 'server-timing': 'gfet4t7; dur=123', vary: 'Origin, X-Origin, Referer' }),
  credential: (headers) => {
    const key = headers['x-goog-api-key'];
    return typeof key === 'string' ? key : /^Bearer\s+(.*)$/i.exec(headers.authorization ?? '')?.[1];
  },
  encodeProblem,
  encodeError,
  encodeKeyError,
  models: () => ({
    models: MODELS.map((model) => ({
      name: `models/${model}`,
      displayName: model,
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: METHODS,
    })),
  }),
} satisfies Partial<SimulatedProvider>;

export const gemini: SimulatedProvider = {
  ...front,
  path: '/gemini/v1beta/models/{model}:generateContent',
  address: addressOfGeneration,
  findProblem,
  read,
  // Caching is implicit: a common prefix is found without being marked.
  useCache: (cache, model, prompt) => cache.automatic(`gemini/${model}`, prompt),
  encodeWhole,
  encodeStream,
  errorEvent,
  malformedEvent: 'data: {"candidates":[{"cont\r\n\r\n',
};

export const geminiCalculations: readonly SimulatedCalculation[] = [
  {
    ...front,
    path: '/gemini/v1beta/models/{model}:countTokens',
    address: addressOfMethod('countTokens'),
    findProblem: findCountProblem,
    calculate: countTokensOf,
  },
  {
    ...front,
    path: '/gemini/v1beta/models/{model}:embedContent',
    address: addressOfMethod('embedContent'),
    findProblem: findEmbedProblem,
    calculate: embed,
  },
  {
    ...front,
    path: '/gemini/v1beta/models/{model}:batchEmbedContents',
    address: addressOfMethod('batchEmbedContents'),
    findProblem: findBatchProblem,
    calculate: embedAll,
  },
];
