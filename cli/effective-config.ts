/** The configuration that the running stack uses, with every default filled in. */
import { readFileSync } from 'node:fs';
import { type Config, parseConfig } from '../functions/core/config.ts';
import { CliError } from './errors.ts';

export function readEffectiveConfig(file: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CliError(`Cannot read the configuration in force, ${file}: ${String(cause)}. Start again: npm start`, {
      cause,
    });
  }
  const result = parseConfig(value);
  if (result.ok) return result.config;
  throw new CliError(`${file} was written by another version of Tollgate. Start again: npm start`);
}
