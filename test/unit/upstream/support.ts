import { createProviderKeys, type ProviderKeys } from '../../../functions/adapters/provider-keys.ts';
import type { SecretStore } from '../../../functions/core/ports.ts';

/** Keys as the gateway has them, always the first that can be used. */
export function providerKeys(secrets: SecretStore, now: () => number = () => 0): ProviderKeys {
  return createProviderKeys({ secrets, clock: { now }, random: () => 0 });
}
