import { createHash } from 'node:crypto';

/**
 * How a key lies in the table: its SHA-256 in hex. No salt and no slow hash: a key is 256 random bits, which nobody
 * guesses however fast, and the hash is what it is looked up by.
 */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');
