/**
 * The schema of `gateway.yaml`. Strict: a misspelt name is an error with its path, never a silent default.
 * `zod/mini` because this is loaded by the Lambda function (12 kB against 85 kB, measured minified).
 */
import * as z from 'zod/mini';
import { DIALECTS } from './chat.ts';
import { describeIssue } from './describe-issue.ts';
import { expandPreset } from './expand-preset.ts';
import { LOG_LEVELS } from './log-level.ts';
import { MEDIA_KINDS } from './media-kind.ts';
import { parsePattern } from './pattern.ts';
import { PRESETS } from './presets.ts';
import { TOOL_ID_SHAPES } from './quirks.ts';
import { SERVICE_TERMS } from './usage.ts';

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
  priority: z.optional(z.enum(['low-first', 'high-first'])),
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
  /** Where servers of the vLLM kind publish their load, below the base URL's origin; read by upkeep. */
  metricsPath: z.optional(z.string().check(z.regex(/^\/[^\s?#]*$/, 'must be a path that begins with "/"'))),
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

const share = z.number().check(z.gte(0), z.lte(1));

/** A copy of some requests goes to a target whose answers are only logged. */
const shadow = z.strictObject({ ...target.shape, weight: z.optional(z.never()), rate: share });

const timeouts = z.pipe(
  z.strictObject({
    connectMs: z._default(milliseconds, 3_000),
    /** 30000 where it is not given. */
    firstTokenMs: z.optional(milliseconds),
    /** The same for requests that may think first. Where it is not given: `firstTokenMs`, or without that 300000. */
    thinkingMs: z.optional(milliseconds),
    idleMs: z._default(milliseconds, 30_000),
    totalMs: z._default(milliseconds, 600_000),
  }),
  z.transform(({ firstTokenMs, thinkingMs, ...others }) => ({
    ...others,
    firstTokenMs: firstTokenMs ?? 30_000,
    thinkingMs: thinkingMs ?? firstTokenMs ?? 300_000,
  })),
);

const model = z.strictObject({
  targets: z.array(target).check(z.minLength(1, 'at least one target')),
  fallbacks: z._default(z.array(target), []),
  /** Upstream requests in all, over all targets. */
  attempts: z._default(z.int().check(z.gte(1), z.lte(20)), 3),
  timeouts: z.prefault(timeouts, {}),
  dropParams: z._default(z.boolean(), false),
  /** What is kept of its requests; a key may say so too, and the lesser of the two counts. `metadata` where neither does. */
  log: z.optional(z.enum(LOG_LEVELS)),
  /** How long a request that finds a limit a minute or at once reached may wait for room, in milliseconds. */
  queueMs: z._default(z.int().check(z.gte(0), z.lte(60_000)), 0),
  /**
   * What may be done for a stream that dies half-way. `hold`: nothing goes out for so long, or before so many tokens are
   * there, and until then another target can take over; `buffer`: nothing goes out before the answer is complete.
   */
  rescue: z._default(z.enum(['none', 'hold', 'buffer']), 'none'),
  hold: z.optional(
    z.strictObject({
      ms: z.optional(z.int().check(z.gte(1), z.lte(60_000))),
      tokens: z.optional(z.int().check(z.gte(1), z.lte(100_000))),
    }),
  ),
  /** Whether an answer that a provider refuses for its content is asked of the next target. */
  onRefusal: z._default(z.enum(['answer', 'fallback']), 'answer'),
  shadow: z.optional(shadow),
  /** The most output the model can give; bounds the worst case of a request that names no cap. */
  maxOutputTokens: z.optional(z.int().check(z.positive())),
});

/** USD per million tokens. */
const usd = z.number().check(z.gte(0));

const rates = {
  input: usd,
  output: usd,
  cacheRead: z.optional(usd),
  cacheWrite5m: z.optional(usd),
  cacheWrite1h: z.optional(usd),
  audioInput: z.optional(usd),
  audioOutput: z.optional(usd),
  cacheReadAudio: z.optional(usd),
};

const price = z.strictObject({
  provider: name,
  /** A model's name, or a prefix with `*` at its end. */
  model: z.string(),
  ...rates,
  /** Other prices for all tokens of a call whose whole input is above so many tokens. */
  longContext: z.optional(z.array(z.strictObject({ above: z.int().check(z.positive()), ...rates }))),
  /** What terms other than the standard make of these prices: `{ flex: 0.5, priority: 1.75 }`. */
  factors: z.optional(z.partialRecord(z.enum(SERVICE_TERMS), z.number().check(z.positive(), z.lte(100)))),
});

/** What a provider's model can do, where the catalogue does not know it or is wrong. */
const capability = z.strictObject({
  provider: name,
  /** A model's name, or a prefix with `*` at its end. */
  model: z.string(),
  /** Input and output together, in tokens. */
  contextTokens: z.optional(z.int().check(z.positive())),
  maxOutputTokens: z.optional(z.int().check(z.positive())),
  tools: z.optional(z.boolean()),
  images: z.optional(z.boolean()),
  files: z.optional(z.boolean()),
  audio: z.optional(z.boolean()),
  jsonSchema: z.optional(z.boolean()),
});

const SUBJECTS = /^(user|key|team|app|request|metadata\.[a-zA-Z0-9_.-]{1,64})$/;

const experiment = z.strictObject({
  /** The alias whose traffic is divided. */
  model: name,
  /** Who stays in one arm. Where a request has no such thing, its key stands in. */
  subject: z._default(
    z.string().check(z.regex(SUBJECTS, 'must be user, key, team, app, request or metadata.NAME')),
    'user',
  ),
  enabled: z._default(z.boolean(), true),
  /** An arm without targets takes the alias's own. */
  arms: z
    .record(
      name,
      z.strictObject({
        weight: z.number().check(z.gte(0)),
        targets: z.optional(z.array(target).check(z.minLength(1, 'at least one target'))),
        fallbacks: z.optional(z.array(target)),
      }),
    )
    .check(z.refine((arms) => Object.values(arms).some(({ weight }) => weight > 0), 'all weights are 0')),
});

/** When a target counts as broken, for every instance. */
const breaker = z.strictObject({
  /** Failures in a row. */
  failures: z._default(z.int().check(z.gte(1)), 5),
  /** Share of failures among the last requests of a minute, once there are `minRequests` of them. */
  errorRate: z._default(share, 0.5),
  minRequests: z._default(z.int().check(z.gte(1)), 20),
  /** The first pause; it doubles with each trip. */
  openMs: z._default(milliseconds, 5_000),
  mostOpenMs: z._default(milliseconds, 300_000),
});

/** What is taken out of contents besides what the detectors know. */
const redactionPattern = z.strictObject({
  name,
  pattern: z.string().check(
    z.minLength(1),
    z.maxLength(500),
    z.superRefine((source, context) => {
      const parsed = parsePattern(source);
      if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.problem });
    }),
  ),
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
    capabilities: z._default(z.array(capability), []),
    experiments: z._default(z.record(name, experiment), {}),
    breaker: z.prefault(breaker, {}),
    redaction: z.prefault(z.strictObject({ patterns: z._default(z.array(redactionPattern), []) }), {}),
    onLedgerFailure: z.optional(z.enum(['open', 'closed'])),
    limits: z.prefault(limits, {}),
    /** Images and files by URL, for targets that read no URLs: fetched by the gateway, or answered with 400. */
    remoteMedia: z._default(z.enum(['fetch', 'refuse']), 'fetch'),
    /** The default output cap for models whose maximum is not known, in tokens. */
    defaultMaxOutputTokens: z._default(positive, 8_192),
  })
  .check(
    z.superRefine((config, context) => {
      const unknownProvider = (path: readonly PropertyKey[], provider: string): void => {
        const known = Object.keys(config.providers).join(', ');
        context.addIssue({
          code: 'custom',
          path: [...path],
          message: `no provider named "${provider}" (there are: ${known})`,
        });
      };
      const divided = new Map<string, string>();
      for (const [name, { model, enabled, arms }] of Object.entries(config.experiments)) {
        const path = ['experiments', name];
        if (!(model in config.models)) {
          context.addIssue({ code: 'custom', path: [...path, 'model'], message: `no model named "${model}"` });
        }
        const other = enabled ? divided.get(model) : undefined;
        if (other !== undefined) {
          const message = `the experiment "${other}" divides the traffic of "${model}" already`;
          context.addIssue({ code: 'custom', path: [...path, 'model'], message });
        }
        if (enabled) divided.set(model, name);
        for (const [arm, entry] of Object.entries(arms)) {
          for (const list of ['targets', 'fallbacks'] as const) {
            entry[list]?.forEach((item, index) => {
              if (!(item.provider in config.providers)) {
                unknownProvider([...path, 'arms', arm, list, index, 'provider'], item.provider);
              }
            });
          }
        }
      }
      for (const [alias, entry] of Object.entries(config.models)) {
        for (const list of ['targets', 'fallbacks'] as const) {
          entry[list].forEach((item, index) => {
            if (!(item.provider in config.providers)) {
              unknownProvider(['models', alias, list, index, 'provider'], item.provider);
            }
          });
        }
        if (entry.shadow !== undefined && !(entry.shadow.provider in config.providers)) {
          unknownProvider(['models', alias, 'shadow', 'provider'], entry.shadow.provider);
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
export type BreakerConfig = Config['breaker'];
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
