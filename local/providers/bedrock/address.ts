import type { Address } from '../provider.ts';

/** `/bedrock/model/ID/converse`: the id is encoded, because it may be an ARN, with slashes. */
export function addressOfConverse(path: string): Address | undefined {
  const [, id, operation] = /^\/bedrock\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path) ?? [];
  return id === undefined ? undefined : { model: decodeURIComponent(id), stream: operation === 'converse-stream' };
}

export function addressOfInvoke(path: string): Address | undefined {
  const id = /^\/bedrock\/model\/([^/]+)\/invoke$/.exec(path)?.[1];
  return id === undefined ? undefined : { model: decodeURIComponent(id), stream: false };
}
