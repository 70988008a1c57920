import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Config, parseConfig } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';

export interface ConfigFile {
  readonly config: Config;
  /** The first digits of the file's SHA-256: the same file is the same version everywhere. */
  readonly version: string;
}

/** Of a deployed configuration, by its text. */
export function configVersion(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Reads the checked configuration that travels with the function. A relative path starts at the bundle. */
export async function readConfigFile(file: string, bundle = process.env.LAMBDA_TASK_ROOT ?? '.'): Promise<ConfigFile> {
  const path = isAbsolute(file) ? file : join(bundle, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new GatewayError('internal', `The configuration ${path} cannot be read.`, { cause });
  });
  const result = parseConfig(JSON.parse(text));
  if (result.ok) return { config: result.config, version: configVersion(text) };
  const [problem] = result.problems;
  throw new GatewayError('internal', `The configuration ${path} is wrong at ${problem?.path}: ${problem?.message}`);
}
