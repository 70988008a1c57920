/** What OpenAI says of parameters that are not as they should be. */
import type { Json, JsonObject } from '../../../functions/core/json.ts';
import type { Problem } from '../provider.ts';

/** A number between two bounds, where it is given at all. */
export function checkRange(name: string, low: number, high: number): (body: JsonObject) => Problem | undefined {
  return (body) => {
    const value = body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number') return wrongType(name, 'a decimal', value);
    if (value >= low && value <= high) return undefined;
    const [word, bound, code] = value > high ? ['maximum', high, 'above_max'] : ['minimum', low, 'below_min'];
    const sign = value > high ? '<=' : '>=';
    return {
      message: `Invalid '${name}': decimal ${word === 'maximum' ? 'above' : 'below'} ${word} value. Expected a value ${sign} ${bound}, but got ${value} instead.`,
      param: name,
      code: `decimal_${code}_value`,
    };
  };
}

export function missing(param: string): Problem {
  return { message: `Missing required parameter: '${param}'.`, param, code: 'missing_required_parameter' };
}

export function wrongType(param: string, expected: string, value: Json): Problem {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return {
    message: `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`,
    param,
    code: 'invalid_type',
  };
}

export function invalidValue(param: string, value: Json, supported: readonly string[]): Problem {
  const last = supported.at(-1);
  const names = [...supported.slice(0, -1).map((item) => `'${item}'`), `and '${last}'`].join(
    supported.length > 2 ? ', ' : ' ',
  );
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return { message: `Invalid value: '${shown}'. Supported values are: ${names}.`, param, code: 'invalid_value' };
}
