import type { ContentRow } from '../../../functions/records/content-row.ts';

export const content: ContentRow = {
  request_id: 'req_1',
  part: 1,
  parts: 1,
  started_at: '2026-11-23 08:05:09.007',
  api: 'chat.completions',
  key_id: 'key_1',
  team: null,
  user_id: null,
  app: null,
  env: null,
  model: 'smart',
  provider: 'openai',
  target_model: 'gpt',
  outcome: 'ok',
  error: null,
  request: '{}',
  answer: '[]',
  flags: [],
  gateway_version: '0',
};
