/** Failover encodes the same request for target after target: nothing of one attempt may show in the next. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DIALECTS, type Dialect } from '../../../functions/core/chat.ts';
import type { EncodedRequest } from '../../../functions/core/codec.ts';
import { type ErrorKind, GatewayError } from '../../../functions/core/errors.ts';
import { NO_QUIRKS } from '../../../functions/core/quirks.ts';
import { providerCodec } from '../../../functions/dialects/index.ts';
import { arbitraryRequest } from '../../support/arbitrary-request.ts';

const MODELS: { readonly [D in Dialect]: string } = {
  'openai-chat': 'gpt-5-mini',
  'openai-responses': 'gpt-5',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  'bedrock-converse': 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
};

type Encode = (dialect: Dialect) => EncodedRequest | ErrorKind;

function encoder(request: Parameters<ReturnType<typeof providerCodec>['encodeRequest']>[0]): Encode {
  return (dialect) => {
    try {
      const target = { model: MODELS[dialect], defaultMaxOutputTokens: 8_192, quirks: NO_QUIRKS };
      return providerCodec(dialect).encodeRequest(request, target);
    } catch (error) {
      if (error instanceof GatewayError) return error.kind;
      throw error;
    }
  };
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const each of Object.values(value)) freeze(each);
}

it('is the same for every target, whoever was tried before, and leaves the request as it was', () => {
  const dialect = fc.constantFrom(...DIALECTS);
  fc.assert(
    fc.property(
      arbitraryRequest,
      fc.array(dialect, { minLength: 1, maxLength: 4 }),
      dialect,
      (request, before, last) => {
        const alone = encoder(structuredClone(request))(last);
        freeze(request);
        const encode = encoder(request);
        for (const each of before) encode(each);
        expect(encode(last)).toEqual(alone);
      },
    ),
    { numRuns: 200 },
  );
});
