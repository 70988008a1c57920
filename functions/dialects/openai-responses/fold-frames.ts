/** The terminal event holds the whole response, exactly as an unstreamed answer would be. */
import type { ReplyFolder } from '../../core/codec.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

const TERMINAL = /"response\.(completed|incomplete)"/;

/** What runs in the background is answered at once, before there is an answer: a stream would wait for it. */
export function createFolder({ background }: JsonObject): ReplyFolder | undefined {
  if (background === true) return undefined;
  let response: JsonObject = {};
  return {
    push({ data, event }) {
      if (!TERMINAL.test(data.slice(0, 500)) && !/^response\.(completed|incomplete)$/.test(event ?? '')) return 0;
      const value = JSON.parse(data) as Json;
      if (isJsonObject(value) && isJsonObject(value.response)) response = value.response;
      return data.length;
    },
    whole: () => response,
  };
}
