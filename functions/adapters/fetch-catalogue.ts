import { GatewayError } from '../core/errors.ts';
import { download } from './download.ts';

/** It is 2 MB now. */
const MOST = { bytes: 20_000_000, ms: 20_000 };

/** The public catalogue as JSON. Throws `upstream-unreachable` or `upstream-malformed`. */
export async function fetchCatalogue(url: string): Promise<unknown> {
  const text = await download(url, 'application/json', MOST).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('upstream-unreachable', `The catalogue cannot be fetched: ${reason}.`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('upstream-malformed', 'It is not JSON.', { cause });
  }
}
