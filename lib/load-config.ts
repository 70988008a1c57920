import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { type Config, parseConfig } from '../functions/core/config.ts';

/** Reads and checks a `gateway.yaml`. Throws an error whose message names the file, each path and what is wrong there. */
export function loadConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`Cannot read the configuration ${file}: ${(cause as Error).message}`, { cause });
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    throw new Error(`${file} is not valid YAML: ${cause.message}`, { cause });
  }
  const result = parseConfig(value);
  if (result.ok) return result.config;
  const lines = result.problems.map((problem) => `  ${problem.path || '(top level)'}: ${problem.message}`);
  throw new Error(`${file} is not a valid configuration:\n${lines.join('\n')}`);
}
