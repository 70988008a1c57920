/** The Responses API: https://platform.openai.com/docs/api-reference/responses */
import type { JsonObject } from '../../../functions/core/json.ts';
import { objectsOf } from '../fields.ts';
import { openai } from '../openai/index.ts';
import type { Reply, SimulatedProvider } from '../provider.ts';
import { encodeStream } from './encode-stream.ts';
import { encodeWhole, responseId } from './encode-whole.ts';
import { findProblem } from './find-problem.ts';
import { allItems } from './input.ts';
import { read } from './read.ts';
import { createResponseState } from './state.ts';

/** Each has a memory of its own: what is stored in one server is unknown to another. */
export function createResponses(): SimulatedProvider {
  const state = createResponseState();
  const remember = (reply: Reply): JsonObject => {
    const response = encodeWhole(reply);
    if (response.store === true) {
      state.remember(responseId(reply), [...allItems(reply.request, state), ...objectsOf(response.output)]);
    }
    return response;
  };
  return {
    ...openai,
    path: '/openai/v1/responses',
    findProblem: (body) => findProblem(body, state),
    read: (body, model) => read(body, model, state),
    encodeWhole: remember,
    encodeStream: (reply) => {
      remember(reply);
      return encodeStream(reply);
    },
    malformedEvent: 'event: response.output_text.delta\ndata: {"type":"response.output_te\n\n',
  };
}
