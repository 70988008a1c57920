/** The options of `npm start`: a flag, or else its environment variable, or else the default. */
import { parseArgs } from 'node:util';

export interface LocalOptions {
  readonly port: number;
  readonly config: string;
  readonly data: string;
}

export type LocalAction =
  | { readonly action: 'help' }
  | { readonly action: 'refuse'; readonly reason: string }
  | { readonly action: 'start'; readonly start: LocalOptions };

/** Where the CLI looks too. */
export const DEFAULT_DATA = '.tollgate';

export const USAGE = `Usage: npm start -- [options]

Runs the gateway on this machine, with simulated providers where there is no key.

  --port PORT      where to listen, 0 for any free port  (PORT, 8787)
  --config FILE    the configuration                     (TOLLGATE_CONFIG, gateway.yaml)
  --data DIR       keys, meters, logs and secrets        (TOLLGATE_DATA, ${DEFAULT_DATA})
  --help

Provider keys: OPENAI_API_KEY, ANTHROPIC_API_KEY and GEMINI_API_KEY are stored in DIR/secrets.json.
AWS_BEARER_TOKEN_BEDROCK, a Bedrock API key, is used as it is; other AWS credentials are left alone.
`;

export function readLocalOptions(
  args: readonly string[],
  env: { readonly [name: string]: string | undefined },
): LocalAction {
  let values: { port?: string; config?: string; data?: string; help?: boolean };
  try {
    const text = { type: 'string' } as const;
    const flags = { port: text, config: text, data: text, help: { type: 'boolean', short: 'h' } } as const;
    values = parseArgs({ args: [...args], options: flags, allowPositionals: false }).values;
  } catch (error) {
    // Node's sentence names the option; what follows it is advice about positional arguments, of which there are none.
    const [sentence = ''] = (error as Error).message.split('. To specify');
    return { action: 'refuse', reason: sentence };
  }
  if (values.help === true) return { action: 'help' };
  const port = values.port ?? (env.PORT || '8787');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    return { action: 'refuse', reason: `The port must be a number from 0 to 65535, not "${port}".` };
  }
  return {
    action: 'start',
    start: {
      port: Number(port),
      config: values.config ?? (env.TOLLGATE_CONFIG || 'gateway.yaml'),
      data: values.data ?? (env.TOLLGATE_DATA || DEFAULT_DATA),
    },
  };
}
