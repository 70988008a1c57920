/** One environment of a function: its bundle, in a process of its own, under Amazon's runtime client. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type RuntimeApi, startRuntimeApi } from './runtime-api.ts';

export interface InstanceOptions {
  /** The runtime client's own start. */
  readonly entry: string;
  /** The folder of the code. */
  readonly asset: string;
  /** `index.handler` */
  readonly handler: string;
  readonly environment: { readonly [name: string]: string };
}

export interface Instance {
  readonly api: RuntimeApi;
  /** What was printed so far. */
  output(): string;
  /** As Lambda ends an environment; gives the exit code or the signal. */
  terminate(): Promise<number | string>;
}

const PRELOAD = fileURLToPath(new URL('./preload.ts', import.meta.url));

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const api = await startRuntimeApi();
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['--import', PRELOAD, options.entry], {
    cwd: options.asset,
    env: {
      PATH,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: 'tollgate',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/tollgate',
      AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/23/[$LATEST]0',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LAMBDA_TASK_ROOT: options.asset,
      _HANDLER: options.handler,
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exited = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => code ?? signal ?? 'unknown');
  void exited.then((how) => api.fail(new Error(`The function ended with ${how}:\n${output}`)));
  await api.initialized;
  return {
    api,
    output: () => output,
    async terminate() {
      child.kill('SIGTERM');
      const how = await exited;
      await api.close();
      return how;
    },
  };
}
