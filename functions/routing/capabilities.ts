/** Whether a model can take a request, as far as both are known. What nobody knows, a model can. */
import type { ChatRequest } from '../core/chat.ts';
import type { Ability, ModelFacts } from '../core/model-facts.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { mapMedia } from '../core/remote-media.ts';

/** What a request asks of a model. */
export interface RequestNeed {
  /** What the input surely comes to. An estimate on the safe side would keep requests from models that can take them. */
  readonly leastInputTokens: number;
  /** The client's own cap; undefined where it set none. */
  readonly maxOutputTokens: number | undefined;
  readonly abilities: readonly Ability[];
}

export const NO_NEED: RequestNeed = { leastInputTokens: 0, maxOutputTokens: undefined, abilities: [] };

export function needOf(request: ChatRequest, leastInputTokens: number): RequestNeed {
  const kinds = new Set<Ability>();
  if (request.tools.length > 0) kinds.add('tools');
  if (request.responseFormat?.type === 'json-schema') kinds.add('jsonSchema');
  mapMedia(request, (part) => {
    kinds.add(MEDIA_ABILITY[part.type]);
    return part;
  });
  return { leastInputTokens, maxOutputTokens: request.maxOutputTokens, abilities: [...kinds] };
}

const MEDIA_ABILITY = { image: 'images', file: 'files', audio: 'audio' } as const;

export type Inability =
  | { readonly reason: 'capability'; readonly ability: Ability }
  | { readonly reason: 'window'; readonly contextTokens: number };

export function inabilityOf(facts: ModelFacts, need: RequestNeed): Inability | undefined {
  const ability = need.abilities.find((each) => facts.abilities[each] === false);
  if (ability !== undefined) return { reason: 'capability', ability };
  const { contextTokens, maxOutputTokens = Number.POSITIVE_INFINITY } = facts;
  if (contextTokens === undefined) return undefined;
  // Who asks for more output than the model has gets its own answer from the provider: that is not the window's doing.
  const output = Math.min(need.maxOutputTokens ?? 0, maxOutputTokens);
  return need.leastInputTokens + output > contextTokens ? { reason: 'window', contextTokens } : undefined;
}

/** Whether a request that was too long for one target may fit another: only where that one's window is known. */
export function hasLargerWindow(next: UpstreamTarget, failed: UpstreamTarget): boolean {
  if (next.contextTokens === undefined) return false;
  return failed.contextTokens === undefined || next.contextTokens > failed.contextTokens;
}
