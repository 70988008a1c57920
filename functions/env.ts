/** Names of the environment variables that the stack sets and the functions read: both sides import them from here. */
export const ENV = {
  /** The one DynamoDB table. */
  table: 'TOLLGATE_TABLE',
  /** The Firehose delivery stream of the request log. */
  requestStream: 'TOLLGATE_REQUEST_STREAM',
  /** The one of what callers say about answers. */
  feedbackStream: 'TOLLGATE_FEEDBACK_STREAM',
  /** The one of what was asked and answered. */
  contentStream: 'TOLLGATE_CONTENT_STREAM',
  /** Secrets are named `PREFIX/NAME`. */
  secretPrefix: 'TOLLGATE_SECRET_PREFIX',
  /** The checked configuration as JSON, a path relative to the bundle or absolute. */
  configFile: 'TOLLGATE_CONFIG_FILE',
  /** The namespace of CloudWatch metrics; absent where nobody collects them. */
  metricsNamespace: 'TOLLGATE_METRICS_NAMESPACE',
  /** Where CloudFront stands in front: the name of the secret that it shows. */
  originSecret: 'TOLLGATE_ORIGIN_SECRET',
  /** Where upkeep gets the public price catalogue, or `off`. */
  priceCatalogue: 'TOLLGATE_PRICE_CATALOGUE',
} as const;

/** The header in which it does. */
export const ORIGIN_HEADER = 'x-tollgate-origin';

/** Where upkeep can ask the request log: an Athena workgroup and a Glue database. */
export const LOG_ENV = { workgroup: 'TOLLGATE_WORKGROUP', database: 'TOLLGATE_DATABASE' } as const;

/** What upkeep is asked for twice a day; every minute it is asked for nothing in particular. */
export const RECONCILE_EVENT = { task: 'reconcile' } as const;

export interface GatewayEnvironment {
  readonly table: string;
  readonly requestStream: string;
  readonly feedbackStream: string;
  readonly contentStream: string;
  readonly secretPrefix: string;
  readonly configFile: string;
  readonly metricsNamespace?: string;
  readonly originSecret?: string;
}

/** Upkeep serves nobody: it needs no secrets, and a configuration only where it asks model servers for their load. */
export interface UpkeepEnvironment extends Pick<GatewayEnvironment, 'table' | 'requestStream' | 'metricsNamespace'> {
  /** A URL, or `off`. @default PRICE_CATALOGUE */
  readonly priceCatalogue?: string;
  readonly configFile?: string;
}

/** The public catalogue of https://github.com/pydantic/genai-prices, as its own package names it. */
export const PRICE_CATALOGUE =
  'https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json';

/** What upkeep is asked for once a day, where prices are refreshed. */
export const REFRESH_PRICES_EVENT = { task: 'refresh-prices' } as const;

/** What upkeep is asked for once a minute, where model servers say how busy they are: so many looks, 20 s apart. */
export const READ_LOADS_EVENT = { task: 'read-loads', rounds: 3 } as const;

/** What it asks the deployed request log by. */
export interface LogEnvironment {
  readonly workgroup: string;
  readonly database: string;
}

type Variables = { readonly [name: string]: string | undefined };

/** Fails at once, by name, where a variable is missing: a function that starts half-configured fails later and worse. */
export function readEnvironment(env: Variables): GatewayEnvironment {
  const originSecret = env[ENV.originSecret];
  return {
    ...readUpkeepEnvironment(env),
    feedbackStream: read(env, ENV.feedbackStream),
    contentStream: read(env, ENV.contentStream),
    secretPrefix: read(env, ENV.secretPrefix),
    configFile: read(env, ENV.configFile),
    ...(originSecret === undefined || originSecret === '' ? {} : { originSecret }),
  };
}

export function readUpkeepEnvironment(env: Variables): UpkeepEnvironment {
  const { [ENV.priceCatalogue]: priceCatalogue, [ENV.metricsNamespace]: metricsNamespace } = env;
  const { [ENV.configFile]: configFile } = env;
  return {
    table: read(env, ENV.table),
    requestStream: read(env, ENV.requestStream),
    ...(metricsNamespace === undefined || metricsNamespace === '' ? {} : { metricsNamespace }),
    ...(priceCatalogue === undefined || priceCatalogue === '' ? {} : { priceCatalogue }),
    ...(configFile === undefined || configFile === '' ? {} : { configFile }),
  };
}

export function readLogEnvironment(env: Variables): LogEnvironment {
  return { workgroup: read(env, LOG_ENV.workgroup), database: read(env, LOG_ENV.database) };
}

function read(env: Variables, name: string): string {
  const text = env[name];
  if (text === undefined || text === '') throw new Error(`The environment variable ${name} is not set.`);
  return text;
}
