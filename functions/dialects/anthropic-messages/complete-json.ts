import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { parseJson } from './wire.ts';

/**
 * Arguments as the value that they are in a whole answer. Where the output cap cut them off, what is complete of them:
 * the SDK reads a stream that is cut there in the same way.
 */
export function parseInput(text: string): Json {
  const value = parseJson(text.trim() === '' ? '{}' : text);
  return value === undefined ? completeJson(text) : value;
}

/** Without the last value that is not complete, and with all brackets closed. */
function completeJson(text: string): JsonObject {
  const closers: string[] = [];
  let complete = '';
  let keyNext = false;
  let index = 0;
  const keep = (end: number): void => {
    complete = text.slice(0, end) + closers.toReversed().join('');
  };
  while (index < text.length) {
    const character = text[index];
    const start = index;
    index += 1;
    switch (character) {
      case '"': {
        index = endOfString(text, index);
        if (index === -1) return parsed(complete);
        if (!keyNext) keep(index);
        break;
      }
      case '{':
      case '[':
        closers.push(character === '{' ? '}' : ']');
        keyNext = character === '{';
        keep(index);
        break;
      case '}':
      case ']':
        closers.pop();
        keyNext = false;
        keep(index);
        break;
      case ',':
        keyNext = closers.at(-1) === '}';
        keep(start);
        break;
      case ':':
        keyNext = false;
        break;
      default: {
        // A number may go on, a word is over.
        const word = /^(?:true|false|null)/.exec(text.slice(start, start + 5))?.[0];
        if (word === undefined) break;
        index = start + word.length;
        keep(index);
      }
    }
  }
  return parsed(complete);
}

function endOfString(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index + 1;
  }
  return -1;
}

function parsed(text: string): JsonObject {
  const value = parseJson(text);
  return isJsonObject(value) ? value : {};
}
