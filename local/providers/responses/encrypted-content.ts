/** Reasoning that only OpenAI can read, as it travels with requests that store nothing. */
import { digest } from '../seed.ts';

const BEGINNING = 'gAAAAABp';

export function encryptReasoning(text: string): string {
  const body = Buffer.from(digest(`reasoning:${text}`), 'hex').toString('base64url');
  return `${BEGINNING}${body}${checkOf(body)}==`;
}

/** While it is being written, an item carries another text than at its end (as recorded). */
export function unfinishedReasoning(text: string): string {
  return `${BEGINNING}${Buffer.from(digest(`unfinished:${text}`), 'hex').toString('base64url')}==`;
}

export function isEncryptedReasoning(value: string): boolean {
  const body = value.slice(BEGINNING.length, BEGINNING.length + 43);
  return value === `${BEGINNING}${body}${checkOf(body)}==`;
}

function checkOf(body: string): string {
  return digest(`check:${body}`).slice(0, 16);
}
