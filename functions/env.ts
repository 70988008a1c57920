/** Names of the environment variables that the stack sets and the functions read: both sides import them from here. */
export const ENV = {
  /** The one DynamoDB table. */
  table: 'TOLLGATE_TABLE',
  /** The Firehose delivery stream of the request log. */
  requestStream: 'TOLLGATE_REQUEST_STREAM',
  /** Secrets are named `PREFIX/NAME`. */
  secretPrefix: 'TOLLGATE_SECRET_PREFIX',
  /** The checked configuration as JSON, a path relative to the bundle or absolute. */
  configFile: 'TOLLGATE_CONFIG_FILE',
} as const;

export interface GatewayEnvironment {
  readonly table: string;
  readonly requestStream: string;
  readonly secretPrefix: string;
  readonly configFile: string;
}

/** Fails at once, by name, where a variable is missing: a function that starts half-configured fails later and worse. */
export function readEnvironment(env: { readonly [name: string]: string | undefined }): GatewayEnvironment {
  const value = (name: string): string => {
    const text = env[name];
    if (text === undefined || text === '') throw new Error(`The environment variable ${name} is not set.`);
    return text;
  };
  return {
    table: value(ENV.table),
    requestStream: value(ENV.requestStream),
    secretPrefix: value(ENV.secretPrefix),
    configFile: value(ENV.configFile),
  };
}
