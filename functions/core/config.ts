/**
 * The schema of `gateway.yaml`. Strict: a misspelt name is an error with its path, never a silent default.
 * `zod/mini` because this is loaded by the Lambda function (12 kB against 85 kB, measured minified).
 */
import * as z from 'zod/mini';
import { DIALECTS } from './chat.ts';
import { describeIssue } from './describe-issue.ts';
import { expandPreset } from './expand-preset.ts';
import { MEDIA_KINDS } from './media-kind.ts';
import { PRESETS } from './presets.ts';
import { TOOL_ID_SHAPES } from './quirks.ts';

const name = z
  .string()
  .check(z.regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, 'a name: letters, digits, ".", "_" and "-", at most 63'));
const positive = z.number().check(z.positive());
const milliseconds = z.int().check(z.gte(1), z.lte(900_000));
const url = z.url({ protocol: /^https?$/, error: 'an http or https URL' });

const quirks = z.strictObject({
  maxTokensField: z.optional(z.enum(['max_tokens', 'max_completion_tokens'])),
  streamUsage: z.optional(z.boolean()),
  unsupported: z.optional(z.array(z.string())),
  mediaUrls: z.optional(z.array(z.enum(MEDIA_KINDS))),
  renamed: z.optional(z.record(z.string(), z.string())),
  jsonSchema: z.optional(z.boolean()),
  customTools: z.optional(z.boolean()),
  developerRole: z.optional(z.boolean()),
  reasoningField: z.optional(z.enum(['reasoning_content', 'reasoning', 'none'])),
  reasoningRequired: z.optional(z.boolean()),
  toolIds: z.optional(z.enum(TOOL_ID_SHAPES)),
  alternateRoles: z.optional(z.boolean()),
});

/** What stands in an address: a project, a place, a resource. */
const variable = z
  .string()
  .check(z.regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, 'must be letters, digits, ".", "_" and "-", at most 63'));

const provider = z.strictObject({
  dialect: z.enum(DIALECTS),
  baseUrl: z.optional(url),
  baseUrls: z.optional(z.array(url).check(z.minLength(1))),
  /** Name of the secret that holds the key or keys; absent where the provider wants none. */
  secret: z.optional(name),
  /** Where the key goes; by default what the dialect's own provider wants. */
  auth: z.optional(z.enum(['bearer', 'x-api-key', 'x-goog-api-key', 'api-key', 'none'])),
  region: z.optional(variable),
  headers: z.optional(z.record(z.string(), z.string())),
  affinity: z.optional(z.enum(['none', 'prefix'])),
  /** The provider's id in the price catalogue, where its name here is another. */
  priceAs: z.optional(z.string()),
  quirks: z.optional(quirks),
});

/** As it may be written: a preset (see presets.ts) says what the entry itself does not. */
const writtenProvider = z.pipe(
  z.strictObject({
    preset: z.optional(z.enum(Object.keys(PRESETS))),
    /** What stands in the preset's address for `{name}`. */
    variables: z.optional(z.record(z.string(), variable)),
    ...provider.shape,
    dialect: z.optional(provider.shape.dialect),
  }),
  z.transform((written, context): z.output<typeof provider> => {
    const missing = (path: readonly string[], message: string): void => {
      context.issues.push({ code: 'custom', path: [...path], message, input: written });
    };
    const { dialect, ...expanded } = expandPreset(written, (variable) => {
      const path = variable === 'region' ? [variable] : ['variables', variable];
      missing(path, `is missing: the address of the preset "${written.preset}" needs it`);
    });
    if (dialect === undefined) missing(['dialect'], 'is missing: give it, or a preset');
    const { baseUrl, baseUrls } = expanded;
    if (dialect !== 'bedrock-converse' && baseUrl === undefined && baseUrls === undefined) {
      missing(['baseUrl'], 'needs baseUrl (or baseUrls)');
    }
    // Where the dialect is missing there is an issue, and nobody sees this.
    return { dialect: dialect ?? 'openai-chat', ...expanded };
  }),
);

const target = z.strictObject({
  provider: name,
  model: z.string().check(z.minLength(1)),
  weight: z.optional(z.number().check(z.gte(0))),
});

const timeouts = z.strictObject({
  connectMs: z._default(milliseconds, 3_000),
  firstTokenMs: z._default(milliseconds, 30_000),
  idleMs: z._default(milliseconds, 30_000),
  totalMs: z._default(milliseconds, 600_000),
});

const model = z.strictObject({
  targets: z.array(target).check(z.minLength(1, 'at least one target')),
  fallbacks: z._default(z.array(target), []),
  /** Upstream requests in all, over all targets. */
  attempts: z._default(z.int().check(z.gte(1), z.lte(20)), 3),
  timeouts: z.prefault(timeouts, {}),
  dropParams: z._default(z.boolean(), false),
  log: z._default(z.enum(['none', 'metadata', 'full']), 'metadata'),
  /** How long a request that finds a limit a minute or at once reached may wait for room, in milliseconds. */
  queueMs: z._default(z.int().check(z.gte(0), z.lte(60_000)), 0),
  /** The most output the model can give; bounds the worst case of a request that names no cap. */
  maxOutputTokens: z.optional(z.int().check(z.positive())),
});

const price = z.strictObject({
  provider: name,
  /** A model's name, or a prefix with `*` at its end. */
  model: z.string(),
  input: z.number().check(z.gte(0)),
  output: z.number().check(z.gte(0)),
  cacheRead: z.optional(z.number().check(z.gte(0))),
  cacheWrite5m: z.optional(z.number().check(z.gte(0))),
  cacheWrite1h: z.optional(z.number().check(z.gte(0))),
  audioInput: z.optional(z.number().check(z.gte(0))),
  audioOutput: z.optional(z.number().check(z.gte(0))),
});

const limits = z.strictObject({
  /** Lambda takes 6 MB of request; more is answered with 413 here too. */
  requestBytes: z._default(z.int().check(z.positive(), z.lte(6_291_456)), 6_291_456),
  /** Deeper JSON is refused with 400. */
  jsonDepth: z._default(z.int().check(z.positive()), 64),
  /** The most that is fetched for one URL in a request, and for all of its URLs: it is held in memory, as base64. */
  mediaBytes: z._default(z.int().check(z.positive()), 20_971_520),
  mediaTotalBytes: z._default(z.int().check(z.positive()), 33_554_432),
});

export const configSchema = z
  .strictObject({
    providers: z.record(name, writtenProvider),
    models: z._default(z.record(name, model), {}),
    prices: z._default(z.array(price), []),
    onLedgerFailure: z.optional(z.enum(['open', 'closed'])),
    limits: z.prefault(limits, {}),
    /** Images and files by URL, for targets that read no URLs: fetched by the gateway, or answered with 400. */
    remoteMedia: z._default(z.enum(['fetch', 'refuse']), 'fetch'),
    /** The default output cap for models whose maximum is not known, in tokens. */
    defaultMaxOutputTokens: z._default(positive, 8_192),
  })
  .check(
    z.superRefine((config, context) => {
      for (const [alias, entry] of Object.entries(config.models)) {
        for (const list of ['targets', 'fallbacks'] as const) {
          entry[list].forEach((item, index) => {
            if (item.provider in config.providers) return;
            context.addIssue({
              code: 'custom',
              path: ['models', alias, list, index, 'provider'],
              message: `no provider named "${item.provider}" (there are: ${Object.keys(config.providers).join(', ')})`,
            });
          });
        }
        if (!entry.targets.some((item) => (item.weight ?? 1) > 0)) {
          context.addIssue({ code: 'custom', path: ['models', alias, 'targets'], message: 'all weights are 0' });
        }
      }
    }),
  );

export type Config = z.output<typeof configSchema>;
export type ProviderConfig = Config['providers'][string];
export type ModelConfig = Config['models'][string];
export type TargetConfig = ModelConfig['targets'][number];
export type PriceOverride = Config['prices'][number];

export interface ConfigProblem {
  /** `models.smart.targets[0].provider` */
  readonly path: string;
  readonly message: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export function parseConfig(value: unknown): ConfigResult {
  const result = z.safeParse(configSchema, value);
  if (result.success) return { ok: true, config: result.data };
  return {
    ok: false,
    problems: result.error.issues.map((issue) => ({
      path: formatPath(issue.path),
      message: describeIssue(issue, value),
    })),
  };
}

/** `['models', 'smart', 'targets', 0]` as `models.smart.targets[0]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}
