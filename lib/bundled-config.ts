import { createHash } from 'node:crypto';
import type { Config } from '../functions/core/config.ts';

/** How JSON files stand in a bundle. */
export function bundledText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** By what the gateway and the command line know the deployed configuration: see functions/adapters/config-file.ts. */
export function bundledConfigVersion(config: Config): string {
  return createHash('sha256').update(bundledText(config)).digest('hex').slice(0, 12);
}
