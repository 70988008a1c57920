import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../functions/core/errors.ts';
import type { JsonObject } from '../../../../functions/core/json.ts';
import { anthropicMessagesProvider as provider } from '../../../../functions/dialects/anthropic-messages/index.ts';
import { arbitraryRequest } from '../../../support/arbitrary-request.ts';
import { encodeTarget } from './support.ts';

const model = fc.constantFrom(
  'claude-3-haiku-20240307',
  'claude-sonnet-4-5',
  'claude-sonnet-4-6',
  'claude-opus-5',
  'claude-opus-5-5',
  'kimi-k3',
);

interface Turn {
  readonly role: string;
  readonly content: readonly JsonObject[];
}

describe('encodeRequest, for any request,', { timeout: 30_000 }, () => {
  it('throws its own errors or gives what the API takes, and changes nothing on the way', () => {
    let encoded = 0;
    fc.assert(
      fc.property(arbitraryRequest, model, (value, name) => {
        const before = structuredClone(value);
        let first: ReturnType<typeof provider.encodeRequest>;
        try {
          first = provider.encodeRequest(value, encodeTarget(name));
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          expect(error).toMatchObject({ traits: { status: 400 } });
          return;
        } finally {
          expect(value).toEqual(before);
        }
        encoded += 1;
        expect(provider.encodeRequest(value, encodeTarget(name))).toEqual(first);
        expect(JSON.parse(JSON.stringify(first.body))).toEqual(first.body);
        expectTurns(first.body.messages as unknown as readonly Turn[]);
        const { thinking, max_tokens: maxTokens } = first.body as {
          thinking?: { budget_tokens?: number };
          max_tokens: number;
        };
        if (!('anthropic-messages' in value.extensions) && thinking?.budget_tokens !== undefined) {
          expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1_024);
          expect(thinking.budget_tokens).toBeLessThan(maxTokens);
        }
      }),
      { numRuns: 500 },
    );
    // Errors for everything would pass the test above.
    expect(encoded).toBeGreaterThan(100);
  });
});

function expectTurns(turns: readonly Turn[]): void {
  expect(turns.length).toBeGreaterThan(0);
  turns.forEach((turn, index) => {
    expect(turn.content.length).toBeGreaterThan(0);
    expect(turn.role).not.toBe(turns[index - 1]?.role);
    if (turn.role === 'system') expect(turns[index - 1]?.role).toBe('user');
    const kinds = turn.content.map((block) => block.type === 'tool_result');
    expect(kinds).toEqual([...kinds].sort((a, b) => Number(b) - Number(a)));
  });
}
