import type { ChatRequest } from './chat.ts';
import type { ClaudeTraits } from './claude-traits.ts';
import type { JsonObject } from './json.ts';

/** With thinking on, `top_p` may be this at least. https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
const LEAST_TOP_P_WHEN_THINKING = 0.95;

/**
 * OpenAI's temperature goes to 2, Anthropic's to 1: a higher one has no counterpart, and scaling it would be another
 * request than the one that was made. 1 is the default of both, and `top_p: 1` cuts nothing off: saying so is the same
 * as saying nothing, so no model is asked to take it that takes no sampling parameters.
 */
export function claudeSampling(
  request: ChatRequest,
  traits: ClaudeTraits,
  thinking: boolean,
  drop: (parameter: string) => void,
): JsonObject {
  const none = traits.sampling === 'none';
  const temperature = keep('temperature', request.temperature, {
    silent: (value) => value === 1 && (none || thinking),
    allowed: (value) => !none && !thinking && value <= 1,
    drop,
  });
  const alone = traits.sampling === 'all' || temperature === undefined;
  const topP = keep('top_p', request.topP, {
    silent: (value) => value === 1 && (none || !alone),
    allowed: (value) => !none && alone && (!thinking || value >= LEAST_TOP_P_WHEN_THINKING),
    drop,
  });
  const topK = keep('top_k', request.topK, { silent: () => false, allowed: () => !none && !thinking, drop });
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
  };
}

interface Rules {
  readonly silent: (value: number) => boolean;
  readonly allowed: (value: number) => boolean;
  readonly drop: (parameter: string) => void;
}

function keep(name: string, value: number | undefined, rules: Rules): number | undefined {
  if (value === undefined || rules.silent(value)) return undefined;
  if (rules.allowed(value)) return value;
  rules.drop(name);
  return undefined;
}
