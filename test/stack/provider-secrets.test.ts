import { describe, expect, it } from 'vitest';
import { resources, synthesize } from './synthesize.ts';

const TYPE = 'AWS::SecretsManager::Secret';

function secretNames(stage?: string): readonly unknown[] {
  const template = synthesize(stage === undefined ? {} : { stage });
  return resources(template, TYPE).map(([, secret]) => secret.Properties.Name);
}

describe('the provider secrets', () => {
  it('are one for each name in the configuration, however many providers share it', () => {
    expect(secretNames()).toEqual(['tollgate/anthropic', 'tollgate/openai']);
  });

  it('belong to one stage', () => {
    expect(secretNames('dev')).toEqual(['tollgate-dev/anthropic', 'tollgate-dev/openai']);
  });

  it('have no value, given or generated: an update of the stack could otherwise replace a real key', () => {
    for (const [, secret] of resources(synthesize(), TYPE)) {
      expect(Object.keys(secret.Properties).sort()).toEqual(['Description', 'Name']);
    }
  });
});
