import { createHash } from 'node:crypto';
import type { Config } from '../functions/core/config.ts';

/** The name of the configuration inside a bundle, and what the environment variable says. */
export const BUNDLED_CONFIG = 'gateway.json';

/** How it stands there. */
export function bundledText(config: Config): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** By what the gateway and the command line know the deployed configuration: see functions/adapters/config-file.ts. */
export function bundledConfigVersion(config: Config): string {
  return createHash('sha256').update(bundledText(config)).digest('hex').slice(0, 12);
}
