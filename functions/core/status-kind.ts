import type { ErrorKind } from './errors.ts';

/** What a provider's status says where its body says nothing better: the same for all of them. */
const KINDS: { readonly [status: number]: ErrorKind } = {
  401: 'upstream-unauthorized',
  402: 'upstream-quota',
  403: 'upstream-unauthorized',
  404: 'upstream-not-found',
  408: 'upstream-timeout',
  409: 'upstream-error',
  413: 'too-large',
  // "Failed dependency", of Bedrock: the model behind the API failed.
  424: 'upstream-error',
  429: 'upstream-throttled',
  503: 'upstream-overloaded',
  504: 'upstream-timeout',
  529: 'upstream-overloaded',
};

export function kindOfStatus(status: number): ErrorKind {
  return KINDS[status] ?? (status >= 400 && status < 500 ? 'invalid-request' : 'upstream-error');
}
