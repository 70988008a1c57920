import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

/** `node:dns`'s own, but for tests: what a name resolves to. */
export type Resolve = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: readonly { readonly address: string; readonly family: number }[]) => void,
) => void;

/** The host has no address that may be connected to. */
export class RefusedAddress extends Error {}

/**
 * A `lookup` for sockets that gives them only addresses that pass: the one that is checked is the one that is connected
 * to, so a name that resolves to another address the next time gains nothing. The others are as if they did not exist.
 */
export function guardedLookup(allows: (address: string) => boolean, resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = (error === null ? addresses : []).filter(({ address }) => allows(address));
      const [first] = allowed;
      // One answer for a name that does not exist and one that lies inside: an error is no map of a private network.
      if (first === undefined) callback(new RefusedAddress(hostname, { cause: error }), '', 0);
      else if (options.all === true) callback(null, [...allowed]);
      else callback(null, first.address, first.family);
    });
  };
}

/** Sockets look no address up that is one already. `hostname` as a URL has it: IPv6 in brackets. */
export function isRefusedLiteral(hostname: string, allows: (address: string) => boolean): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 && !allows(address);
}
