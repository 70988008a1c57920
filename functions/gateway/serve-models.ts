import { type HttpResponse, jsonResponse } from './http.ts';
import type { ServeInput } from './serve-chat.ts';

/** `GET /v1/models`: the aliases that the key may ask for. */
export async function serveModels({ gateway, trace, caller }: ServeInput): Promise<HttpResponse> {
  const { config } = await gateway.setup();
  const names = Object.keys(config.models).filter(
    (name) => caller.models === undefined || caller.models.includes(name),
  );
  return jsonResponse(
    200,
    { object: 'list', data: names.map((id) => ({ id, object: 'model', created: 0, owned_by: 'tollgate' })) },
    { 'x-tollgate-request-id': trace.requestId },
  );
}
