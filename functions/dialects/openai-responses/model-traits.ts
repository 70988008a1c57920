/**
 * What a model takes that others of its dialect refuse with a 400: data, so that a parameter can be reported as dropped,
 * or another target tried, before a request is paid for.
 *
 * Read on 2026-11-23: the reasoning guide and the model pages at developers.openai.com (efforts; which models sample only
 * without reasoning), vercel/ai#10940, anomalyco/opencode#36141 (`max` from gpt-5.6 on).
 */
import type { ReasoningEffort } from '../../core/chat.ts';

export interface ModelTraits {
  /** It reasons, so its reasoning can be asked for in encrypted form. Others refuse that. */
  readonly reasons: boolean;
  /** `temperature`, `top_p` and `logprobs`. */
  readonly sampling: 'always' | 'without-reasoning' | 'never';
  /** The efforts that it knows; undefined where that is not known, and the provider's to judge. */
  readonly efforts: readonly ReasoningEffort[] | undefined;
}

const OTHERS: ModelTraits = { reasons: false, sampling: 'always', efforts: undefined };

const always = (...efforts: readonly ReasoningEffort[]): ModelTraits => ({ reasons: true, sampling: 'never', efforts });
const optional = (...efforts: readonly ReasoningEffort[]): ModelTraits => ({
  reasons: true,
  sampling: 'without-reasoning',
  efforts: ['none', ...efforts],
});

/** Names without what a router puts in front: `openai/gpt-5`. */
const MODELS: readonly (readonly [name: RegExp, traits: ModelTraits])[] = [
  [/^gpt-\d+(\.\d+)?-chat/, OTHERS],
  [/^o\d/, always('low', 'medium', 'high')],
  [/^gpt-5-pro/, always('high')],
  [/^gpt-5-codex/, always('low', 'medium', 'high')],
  [/^gpt-5(-mini|-nano)?(-\d{4}|$)/, always('minimal', 'low', 'medium', 'high')],
  [/^gpt-5\.1-codex-max/, always('low', 'medium', 'high', 'xhigh')],
  [/^gpt-5\.1-codex/, always('low', 'medium', 'high')],
  [/^gpt-5\.\d+-codex/, always('low', 'medium', 'high', 'xhigh')],
  [/^gpt-5\.\d+-pro/, always('medium', 'high', 'xhigh')],
  [/^gpt-5\.1/, optional('low', 'medium', 'high')],
  [/^gpt-5\.[2-5]/, optional('low', 'medium', 'high', 'xhigh')],
  // Models that are newer than this table are most likely like the newest in it.
  [/^gpt-([5-9]|\d\d)/, optional('low', 'medium', 'high', 'xhigh', 'max')],
  [/^(codex|computer-use)/, { ...OTHERS, reasons: true }],
  [/^grok-(3-mini|[4-9]|code)/, { ...OTHERS, reasons: true }],
];

export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase().replace(/^.*\//, '');
  return MODELS.find(([pattern]) => pattern.test(name))?.[1] ?? OTHERS;
}
