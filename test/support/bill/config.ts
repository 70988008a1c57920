/** The traffic of the bill: what is asked, of whom, what becomes of it, and what it costs. */
import type { SimulatedProviders } from '../../../local/providers/index.ts';

export const DEADLINE_MS = 60_000;

/** The provider's name in our configuration is that of its books. */
export const PROVIDERS = ['openai', 'openai-responses', 'anthropic', 'gemini', 'bedrock'] as const;
export type Provider = (typeof PROVIDERS)[number];
/** As the simulated providers sign their invoices. */
export const BOOKS: { readonly [P in Provider]: string } = {
  openai: 'openai',
  'openai-responses': 'openai',
  anthropic: 'anthropic',
  gemini: 'gemini',
  bedrock: 'bedrock',
};

/** What becomes of a request is in the model's name; models whose bill is exact are told from those that are estimated. */
export const KINDS = {
  plain: { model: 'plain@fast', exact: true },
  // Fails the first time it is asked a thing, and is asked again.
  retried: { model: 'retried@fast+500-once', exact: true },
  // Is left for another that answers.
  failing: { model: 'failing@503', exact: true },
  // Whose client is gone after the first bytes.
  left: { model: 'left@tokens-40', exact: true },
  // Sends headers and nothing else: it may have read the prompt, and says nothing of it.
  mute: { model: 'mute@headers-only', exact: true },
  silent: { model: 'silent@fast+no-usage', exact: false },
  cut: { model: 'cut@fast+cut-at-5', exact: false },
  killed: { model: 'killed@tokens-4000', exact: false },
} as const;
export type Kind = keyof typeof KINDS;

/** Of every 12 requests. */
export const MIX: readonly Kind[] = [
  'plain',
  'plain',
  'retried',
  'plain',
  'failing',
  'plain',
  'left',
  'plain',
  'silent',
  'plain',
  'cut',
  'mute',
];

export const PRICES = PROVIDERS.map((provider, index) => ({
  provider,
  model: '*',
  input: 1.37 + index,
  output: 7.11 + index,
  cacheRead: 0.113,
  cacheWrite5m: 1.713,
  cacheWrite1h: 2.74,
}));

export const nameOf = (provider: Provider, kind: Kind): string => `${provider}-${KINDS[kind].model}`;
export const aliasOf = (provider: Provider, kind: Kind): string => `${provider}.${kind}`;

export function configOf(providers: SimulatedProviders) {
  const secret = 'upstream';
  const models = PROVIDERS.flatMap((provider) =>
    (Object.keys(KINDS) as Kind[]).map((kind) => [
      aliasOf(provider, kind),
      {
        targets: [{ provider, model: nameOf(provider, kind) }],
        fallbacks: kind === 'failing' ? [{ provider, model: nameOf(provider, 'plain') }] : [],
        attempts: 2,
        timeouts: { totalMs: DEADLINE_MS, ...(kind === 'mute' ? { firstTokenMs: 300 } : {}) },
      },
    ]),
  );
  return {
    providers: {
      openai: { dialect: 'openai-chat', baseUrl: providers.openaiBaseUrl, secret },
      'openai-responses': { dialect: 'openai-responses', baseUrl: providers.responsesBaseUrl, secret },
      anthropic: { dialect: 'anthropic-messages', baseUrl: providers.anthropicBaseUrl, secret },
      gemini: { dialect: 'gemini', baseUrl: providers.geminiBaseUrl, secret },
      bedrock: { dialect: 'bedrock-converse', baseUrl: providers.bedrockBaseUrl },
    },
    models: Object.fromEntries(models),
    // What fails on purpose is to be asked all the same.
    breaker: { failures: 1_000_000, minRequests: 1_000_000 },
    prices: PRICES,
  };
}
