import type { Content, Part } from '@google/genai';

/** Does not think. */
export const model = 'gemini-2.0-flash@fast';
export const user = (...parts: Part[]): Content => ({ role: 'user', parts });
export const result: Part = { functionResponse: { name: 'get_weather', response: { output: '21 degrees' } } };
/** A schema that refers to its own definitions. */
export const referring = {
  type: 'object',
  properties: { city: { $ref: '#/$defs/city' } },
  required: ['city'],
  $defs: { city: { type: 'string' } },
};
