import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll } from 'vitest';
import { type SimulatedProviders, startSimulatedProviders } from '../../../local/providers/index.ts';

export interface Started {
  readonly providers: SimulatedProviders;
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
  readonly gemini: GoogleGenAI;
}

/** Official clients against a server of the test file's own; they never retry, so that every fault is seen. */
export function useProviders(): () => Started {
  let started: Started | undefined;
  beforeAll(async () => {
    const providers = await startSimulatedProviders();
    started = {
      providers,
      openai: new OpenAI({ baseURL: providers.openaiBaseUrl, apiKey: 'sk-test', maxRetries: 0 }),
      anthropic: new Anthropic({ baseURL: providers.anthropicBaseUrl, apiKey: 'sk-ant-test', maxRetries: 0 }),
      gemini: new GoogleGenAI({ apiKey: 'test', httpOptions: { baseUrl: `${providers.url}/gemini` } }),
    };
  });
  afterAll(() => started?.providers.close());
  return () => {
    if (started === undefined) throw new Error('The providers have not been started.');
    return started;
  };
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer sk-test',
      'anthropic-version': '2023-06-01',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

export const WEATHER = {
  type: 'object' as const,
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 5 } },
  required: ['city', 'days'],
};
export const NOTHING = { type: 'object' as const, properties: {} };
