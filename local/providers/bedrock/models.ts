/** What the models behind the API differ in, as far as requests are refused for it. */
export type Family = 'claude' | 'nova' | 'mistral' | 'llama' | 'gpt' | 'gpt-oss' | 'other';

const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/anthropic\.|claude/, 'claude'],
  [/amazon\.nova/, 'nova'],
  [/mistral\.|ministral|pixtral/, 'mistral'],
  [/meta\.|llama/, 'llama'],
  [/openai\.gpt-oss/, 'gpt-oss'],
  [/openai\./, 'gpt'],
];

export function familyOf(model: string): Family {
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? 'other';
}

export const MODELS = [
  'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'amazon.nova-2-lite-v1:0',
  'mistral.mistral-large-2407-v1:0',
  'meta.llama3-3-70b-instruct-v1:0',
];
