import { expect, it } from 'vitest';
import { configVersion } from '../../functions/adapters/config-file.ts';
import { bundledConfigVersion, bundledText } from '../../lib/bundled-config.ts';
import { loadConfig } from '../../lib/load-config.ts';
import { OUTPUTS } from '../../lib/outputs.ts';
import { CONFIG_FILE, synthesize } from './synthesize.ts';

it('gives the deployed configuration the version by which the gateway and the commands know it', () => {
  const config = loadConfig(CONFIG_FILE);
  expect(bundledConfigVersion(config)).toBe(configVersion(bundledText(config)));
  synthesize().hasOutput(OUTPUTS.configVersion, { Value: bundledConfigVersion(config) });
});
