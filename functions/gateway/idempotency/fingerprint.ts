import { createHash } from 'node:crypto';
import type { HttpRequest } from '../http.ts';

/** Equal for a request and its repeats: what is asked, of which interface, for whom. */
export function fingerprint({ path, query, headers, body }: HttpRequest): string {
  const about = JSON.stringify([path, query.toString(), headers['x-tollgate-user'] ?? null]);
  return createHash('sha256').update(about).update('\n').update(body).digest('hex');
}
