/** Events of the Converse API in the AWS event stream, written by the SDK's own codec. */
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import type { JsonObject } from '../../../functions/core/json.ts';

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** Bytes as text, one a character: what the script of a stream is made of. */
export function event(name: string, body: JsonObject): string {
  return message({ ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' }, body);
}

export function exception(name: string, body: JsonObject): string {
  return message({ ':exception-type': name, ':content-type': 'application/json', ':message-type': 'exception' }, body);
}

/** An event whose JSON is broken off; its checksums are right. */
export function brokenEvent(name: string, text: string): string {
  return encode({ ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' }, text);
}

function message(headers: { readonly [name: string]: string }, body: JsonObject): string {
  return encode(headers, JSON.stringify(body));
}

function encode(headers: { readonly [name: string]: string }, text: string): string {
  const entries = Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }] as const);
  return Buffer.from(codec.encode({ headers: Object.fromEntries(entries), body: fromUtf8(text) })).toString('latin1');
}
