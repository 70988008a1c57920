import type { ChatRequest } from '../../core/chat.ts';
import { claudeSampling } from '../../core/claude-sampling.ts';
import type { JsonObject } from '../../core/json.ts';
import type { FieldPath, ModelTraits } from './model-traits.ts';

export interface EncodedInference {
  readonly inferenceConfig: JsonObject;
  /** Below `additionalModelRequestFields`. */
  readonly fields: JsonObject;
}

/** The cap is left out where nobody named one: the default is the most that the model can give. */
export function encodeInference(
  request: ChatRequest,
  traits: ModelTraits,
  how: { readonly thinks: boolean; readonly maxTokens: number | undefined; readonly drop: (parameter: string) => void },
): EncodedInference {
  const { temperature, topP, topK } = sampling(request, traits, how.thinks, how.drop);
  const stops = request.stop.filter((sequence) => sequence.trim() !== '');
  const stopsTaken = traits.stopSequences ? stops : [];
  if (stopsTaken.length < request.stop.length) how.drop('stop');
  if (topK !== undefined && traits.topK === undefined) how.drop('top_k');
  return {
    inferenceConfig: {
      ...(how.maxTokens === undefined ? {} : { maxTokens: how.maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { topP }),
      ...(stopsTaken.length === 0 ? {} : { stopSequences: stopsTaken }),
    },
    fields: topK === undefined || traits.topK === undefined ? {} : nest(traits.topK, topK),
  };
}

interface Sampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
}

/** `InferenceConfiguration.temperature` goes to 1. 1 is the default everywhere: saying it is saying nothing. */
function sampling(
  request: ChatRequest,
  traits: ModelTraits,
  thinks: boolean,
  drop: (parameter: string) => void,
): Sampling {
  if (traits.claude !== undefined) {
    const { temperature, top_p, top_k } = claudeSampling(request, traits.claude, thinks, drop);
    return { temperature: numberOf(temperature), topP: numberOf(top_p), topK: numberOf(top_k) };
  }
  const keep = (name: string, value: number | undefined, neutral: number | undefined): number | undefined => {
    if (value === undefined || (!traits.sampling && value === neutral)) return undefined;
    if (traits.sampling && (name === 'top_k' || value <= 1)) return value;
    drop(name);
    return undefined;
  };
  return {
    temperature: keep('temperature', request.temperature, 1),
    topP: keep('top_p', request.topP, 1),
    topK: keep('top_k', request.topK, undefined),
  };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function nest(path: FieldPath, value: number): JsonObject {
  return path.reduceRight<JsonObject | number>((inner, name) => ({ [name]: inner }), value) as JsonObject;
}
