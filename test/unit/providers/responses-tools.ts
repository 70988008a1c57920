/** The model and the tools that the requests of the Responses API name. */
import type { ResponseIncludable } from 'openai/resources/responses/responses';
import { NOTHING, WEATHER } from './support.ts';

export const model = 'gpt-4.1@fast';
export const tool = (name: string, parameters: Record<string, unknown>) =>
  ({ type: 'function', name, parameters, strict: false }) as const;
export const weather = tool('get_weather', WEATHER);
export const clock = tool('get_time', NOTHING);
export const closed = { ...WEATHER, additionalProperties: false };
export const include: ResponseIncludable[] = ['reasoning.encrypted_content'];
