/** Bedrock's runtime: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html */
import type { SimulatedCalculation, SimulatedProvider } from '../provider.ts';
import { addressOfConverse, addressOfInvoke } from './address.ts';
import { embed, findEmbedProblem } from './embed.ts';
import { encodeStream } from './encode-stream.ts';
import { encodeWhole } from './encode-whole.ts';
import { encodeError, encodeProblem, errorEvent } from './errors.ts';
import { brokenEvent } from './event-stream.ts';
import { findProblem } from './find-problem.ts';
import { MODELS } from './models.ts';
import { read } from './read.ts';

const front = {
  name: 'bedrock',
  modelsPath: '/bedrock/foundation-models',
  streamType: 'application/vnd.amazon.eventstream',
  headers: (requestId) => ({ 'x-amzn-requestid': requestId }),
  /** The access key that signed, or an API key. Signatures are not checked: there is no secret to check them with. */
  credential: ({ authorization = '' }) =>
    /^AWS4-HMAC-SHA256 Credential=([^/]*)\/\d{8}\/[a-z0-9-]+\/bedrock\/aws4_request, SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}$/.exec(
      authorization,
    )?.[1] ?? /^Bearer\s+(.*)$/i.exec(authorization)?.[1],
  encodeProblem,
  encodeError,
  models: () => ({ modelSummaries: MODELS.map((modelId) => ({ modelId, modelName: modelId })) }),
} satisfies Partial<SimulatedProvider>;

export const bedrock: SimulatedProvider = {
  ...front,
  path: '/bedrock/model/{model}/converse',
  address: addressOfConverse,
  findProblem,
  read,
  useCache: (cache, model, prompt) => cache.marked(`bedrock/${model}`, prompt),
  encodeWhole,
  encodeStream,
  errorEvent,
  malformedEvent: brokenEvent('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"te'),
};

export const bedrockInvoke: SimulatedCalculation = {
  ...front,
  path: '/bedrock/model/{model}/invoke',
  address: addressOfInvoke,
  findProblem: findEmbedProblem,
  calculate: embed,
};
