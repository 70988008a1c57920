/** Thinking blocks are signed, and refused when they come back changed: as the real ones are. */
import { digest } from '../seed.ts';

export function signThinking(text: string): string {
  return Buffer.from(`simulated:thinking:${digest(`thinking:${text}`)}`).toString('base64');
}

export function encryptThinking(text: string): string {
  return Buffer.from(`simulated:redacted:${digest(`redacted:${text}`)}`).toString('base64');
}

export function isSignedThinking(text: string, signature: string): boolean {
  return signature === signThinking(text);
}

export function isEncryptedThinking(data: string): boolean {
  return Buffer.from(data, 'base64').toString('utf8').startsWith('simulated:redacted:');
}
