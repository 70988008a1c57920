/** All cells, in the order of the table. */
import { ANSWERS, type Case } from './cases.ts';
import type { Client, CreateClient } from './client.ts';
import { createAiSdk } from './clients/ai-sdk.ts';
import { createAnthropic } from './clients/anthropic.ts';
import { createGoogle } from './clients/google.ts';
import { createOpenaiChat } from './clients/openai-chat.ts';
import { createOpenaiResponses } from './clients/openai-responses.ts';
import { ERRORS } from './error-cases.ts';
import { PROVIDERS } from './providers.ts';
import { SECOND_TURNS } from './reasoning-cases.ts';
import type { Cell } from './run-cell.ts';
import type { MatrixStack } from './stack.ts';

export const CREATE_CLIENTS: readonly CreateClient[] = [
  createOpenaiChat,
  createAiSdk,
  createOpenaiResponses,
  createAnthropic,
  createGoogle,
];

export const CASES: readonly Case[] = [...ANSWERS, ...SECOND_TURNS, ...ERRORS];

export function createClients(stack: MatrixStack): readonly Client[] {
  return CREATE_CLIENTS.map((create) => create(stack.gatewayUrl, stack.key));
}

export function cellsOf(stack: MatrixStack): readonly Cell[] {
  return createClients(stack)
    .flatMap((client) => PROVIDERS.flatMap((provider) => CASES.map((scene) => ({ stack, client, provider, scene }))))
    .map((cell, index) => ({ ...cell, tag: `cell-${index + 1};` }));
}
