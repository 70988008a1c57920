import { GatewayError } from '../core/errors.ts';

/** It is 2 MB now. */
const MOST_BYTES = 20_000_000;
const MOST_MS = 20_000;

/** The public catalogue as JSON. Throws `upstream-unreachable` or `upstream-malformed`. */
export async function fetchCatalogue(url: string): Promise<unknown> {
  const text = await download(url);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('upstream-malformed', 'It is not JSON.', { cause });
  }
}

async function download(url: string): Promise<string> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(MOST_MS), headers: { accept: 'application/json' } });
    if (!reply.ok || reply.body === null) throw new Error(`It answered ${reply.status}`);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of reply.body) {
      bytes += piece.length;
      if (bytes > MOST_BYTES) throw new Error(`It is larger than ${MOST_BYTES} bytes`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('upstream-unreachable', `The catalogue cannot be fetched: ${reason}.`, { cause });
  }
}
