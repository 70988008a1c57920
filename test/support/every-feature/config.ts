/** What the run needs of a configuration. `fail`, `slow-300` and the like are what the upstream does. */
export const PROFILE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const EMBEDDER = 'amazon.titan-embed-text-v2:0';

export const configOf = (bedrockUrl: string) => ({
  providers: { bedrock: { dialect: 'bedrock-converse', region: 'us-east-1', baseUrl: bedrockUrl } },
  models: {
    plain: { targets: [{ provider: 'upstream', model: 'quick' }], log: 'full' },
    broken: { targets: [{ provider: 'upstream', model: 'fail' }], attempts: 1 },
    queued: { targets: [{ provider: 'upstream', model: 'slow-300' }], queueMs: 15_000 },
    claude: { targets: [{ provider: 'bedrock', model: PROFILE }] },
    embedder: { targets: [{ provider: 'bedrock', model: EMBEDDER }] },
  },
  breaker: { failures: 1, openMs: 1_000 },
  prices: ['upstream', 'bedrock'].map((provider) => ({ provider, model: '*', input: 1, output: 2 })),
});
