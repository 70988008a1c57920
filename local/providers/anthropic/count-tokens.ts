/** https://platform.claude.com/docs/en/api/messages-count-tokens: free, and without a limit of tokens to answer with. */
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../../functions/core/json.ts';
import type { Problem, SimulatedCalculation } from '../provider.ts';
import { findProblem } from './find-problem.ts';
import { anthropic } from './index.ts';
import { readPrompt } from './read-prompt.ts';

const KNOWN = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'cache_control',
  'context_management',
  'mcp_servers',
]);

export const anthropicCountTokens: SimulatedCalculation = {
  name: anthropic.name,
  path: '/anthropic/v1/messages/count_tokens',
  modelsPath: anthropic.modelsPath,
  headers: anthropic.headers,
  credential: anthropic.credential,
  encodeProblem: anthropic.encodeProblem,
  encodeError: anthropic.encodeError,
  models: anthropic.models,
  findProblem: findCountProblem,
  calculate: (body) => ({
    body: { input_tokens: readPrompt(body).reduce((sum, piece) => sum + piece.tokens, 0) },
    inputTokens: undefined,
  }),
};

function findCountProblem(body: JsonObject, headers: IncomingHttpHeaders): Problem | undefined {
  const extra = Object.keys(body).find((name) => !KNOWN.has(name));
  if (extra !== undefined) return { message: `${extra}: Extra inputs are not permitted` };
  return findProblem({ ...body, max_tokens: Number.MAX_SAFE_INTEGER }, headers);
}
