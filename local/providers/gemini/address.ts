import type { Address } from '../provider.ts';

/** Newer SDKs take the stable version of the interface, older ones and most documentation the beta. */
const PATH = /^\/gemini\/v1(?:beta)?\/models\/(.+):([a-zA-Z]+)$/;

/** The method behind the colon, and the model in front of it; models of an account of one's own have slashes. */
function splitPath(path: string): { readonly model: string; readonly method: string } | undefined {
  const [, model, method] = PATH.exec(path) ?? [];
  return model === undefined || method === undefined ? undefined : { model: decodeURIComponent(model), method };
}

export function addressOfGeneration(path: string, query: string): Address | undefined {
  const { model, method } = splitPath(path) ?? {};
  if (model === undefined) return undefined;
  if (method === 'generateContent') return { model, stream: false };
  if (method !== 'streamGenerateContent') return undefined;
  const isSse = new URLSearchParams(query).get('alt') === 'sse';
  return isSse ? { model, stream: true } : { model, stream: true, format: 'json-array' };
}

/** Of what is computed: the method decides alone. */
export function addressOfMethod(wanted: string): (path: string) => Address | undefined {
  return (path) => {
    const { model, method } = splitPath(path) ?? {};
    return model !== undefined && method === wanted ? { model, stream: false } : undefined;
  };
}
