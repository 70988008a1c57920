/**
 * Kills this process, as hard as it goes, at one of the moments at which a request can be interrupted: before a call to
 * AWS or to a provider is sent, or when its answer has come in. Which one is TOLLGATE_KILL_AT, counted from the first
 * write to the table on; beyond the last of them nothing happens. Loaded before everything else, it sees the calls
 * through Node's own diagnostics channels, so that what runs is the gateway as it is.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

const at = Number(process.env.TOLLGATE_KILL_AT);
let armed = false;
let moments = 0;

function moment(): void {
  if (!armed) return;
  moments += 1;
  if (moments === at) process.kill(process.pid, 'SIGKILL');
}

subscribe('http.client.request.created', (message) => {
  const { request } = message as { readonly request: ClientRequest };
  if (request.getHeader('x-amz-target') === 'DynamoDB_20120810.PutItem') armed = true;
  moment();
});
subscribe('http.client.response.finish', moment);
for (const step of ['create', 'headers', 'trailers']) subscribe(`undici:request:${step}`, moment);
