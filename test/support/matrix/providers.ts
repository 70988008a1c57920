/** The columns of the matrix: a simulated provider of each dialect, with prices, so that nothing is unpriced. */
import type { Dialect } from '../../../functions/core/chat.ts';

export interface Provider {
  /** In the configuration, and the first part of its aliases. */
  readonly name: string;
  readonly title: string;
  readonly dialect: Dialect;
  readonly model: string;
  /** Where the model that shows its reasoning is another one, of another provider of this dialect. */
  readonly thinker?: { readonly provider: string; readonly model: string };
}

export const PROVIDERS: readonly Provider[] = [
  {
    name: 'openai',
    title: 'OpenAI Chat Completions',
    dialect: 'openai-chat',
    model: 'gpt-5-mini',
    thinker: { provider: 'deepseek', model: 'deepseek-reasoner' },
  },
  { name: 'responses', title: 'OpenAI Responses', dialect: 'openai-responses', model: 'gpt-5-mini' },
  { name: 'anthropic', title: 'Anthropic Messages', dialect: 'anthropic-messages', model: 'claude-sonnet-4-5' },
  { name: 'gemini', title: 'Gemini', dialect: 'gemini', model: 'gemini-3-pro-preview' },
  {
    name: 'bedrock',
    title: 'Bedrock Converse',
    dialect: 'bedrock-converse',
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  },
];

/** What the simulated providers do wrong on request; see `local/providers/faults.ts`. */
export const FAULTS = ['400', '401', '429', '500', '529', 'cut-at-5', 'content-filter-at-5'] as const;
export type Fault = (typeof FAULTS)[number];

/** No failover and no second attempt: what one provider does is what its client sees. */
export function matrixConfig() {
  const providers = {
    openai: { dialect: 'openai-chat', baseUrl: 'https://api.openai.com/v1', secret: 'openai' },
    deepseek: { preset: 'deepseek', secret: 'deepseek' },
    responses: { dialect: 'openai-responses', baseUrl: 'https://api.openai.com/v1', secret: 'openai' },
    anthropic: { dialect: 'anthropic-messages', baseUrl: 'https://api.anthropic.com', secret: 'anthropic' },
    gemini: { dialect: 'gemini', baseUrl: 'https://generativelanguage.googleapis.com/v1beta', secret: 'gemini' },
    bedrock: { dialect: 'bedrock-converse', region: 'us-east-1' },
  };
  // A key that was refused rests: those that are have a name of their own.
  const refused = Object.entries(providers).map(
    ([name, provider]) =>
      [refusedName(name), 'secret' in provider ? { ...provider, secret: refusedName(name) } : provider] as const,
  );
  const all = { ...providers, ...Object.fromEntries(refused) };
  return {
    providers: all,
    // Every cell finds its target as if it were the first one to ask.
    breaker: { failures: 1_000, minRequests: 1_000_000, openMs: 1, mostOpenMs: 1 },
    models: Object.fromEntries(PROVIDERS.flatMap(aliasesOf)),
    prices: Object.keys(all).map((provider) => ({
      provider,
      model: '*',
      input: 0.1,
      output: 0.4,
    })),
  };
}

const refusedName = (provider: string): string => `${provider}-refused`;

export function aliasOf(provider: Provider, fault?: Fault): string {
  return fault === undefined ? provider.name : `${provider.name}-${fault}`;
}

export function thinkingAliasOf(provider: Provider): string {
  return `${provider.name}-thinking`;
}

function aliasesOf(provider: Provider) {
  const alias = (name: string, target: { readonly provider: string; readonly model: string }) =>
    [name, { targets: [target], attempts: 1 }] as const;
  const own = (suffix: string) => ({ provider: provider.name, model: `${provider.model}@fast${suffix}` });
  const { thinker } = provider;
  return [
    alias(aliasOf(provider), own('')),
    ...FAULTS.map((fault) => {
      const { provider: name, model } = own(`+${fault}`);
      return alias(aliasOf(provider, fault), { provider: fault === '401' ? refusedName(name) : name, model });
    }),
    alias(
      thinkingAliasOf(provider),
      thinker === undefined ? own('') : { provider: thinker.provider, model: `${thinker.model}@fast` },
    ),
  ];
}
