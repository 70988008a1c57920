import type { Config } from '../functions/core/config.ts';

/** Keys belong into secrets, but some land in headers or URLs all the same. */
export function withoutCredentials(config: Config): Config {
  const providers = Object.fromEntries(
    Object.entries(config.providers).map(([name, provider]) => [
      name,
      {
        ...provider,
        ...(provider.baseUrl === undefined ? {} : { baseUrl: maskUrl(provider.baseUrl) }),
        ...(provider.baseUrls === undefined ? {} : { baseUrls: provider.baseUrls.map(maskUrl) }),
        ...(provider.headers === undefined ? {} : { headers: maskHeaders(provider.headers) }),
      },
    ]),
  );
  return { ...config, providers };
}

function maskHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, /auth|key|token|secret|cookie/i.test(name) ? '***' : value]),
  );
}

function maskUrl(text: string): string {
  const url = new URL(text);
  if (url.password === '' && url.search === '') return text;
  if (url.password !== '') url.password = '***';
  for (const name of url.searchParams.keys()) url.searchParams.set(name, '***');
  return url.href;
}
