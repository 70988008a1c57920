/**
 * Fetches what a request names by URL and its target cannot read from there. The URL is the client's, the network is
 * ours: only https, only public addresses, checked where the connection is made, again at each redirect; bounded in
 * size, number and time. Whatever is refused is a 400 that names the part.
 */
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request as httpRequest } from 'undici';
import type { ChatRequest } from '../core/chat.ts';
import { GatewayError } from '../core/errors.ts';
import type { MediaKind } from '../core/media-kind.ts';
import { type FetchedMedia, findRemoteMedia, inlineMedia, type RemoteMedia } from '../core/remote-media.ts';
import { sniffMedia } from '../core/sniff-media.ts';
import { decompress } from './decompress.ts';
import { guardedLookup, isRefusedLiteral, RefusedAddress, type Resolve } from './guarded-lookup.ts';
import { isPublicAddress } from './public-address.ts';

export interface MediaFetcherOptions {
  /** `refuse`: a URL that the target cannot read is a 400, and nothing is fetched. */
  readonly mode?: 'fetch' | 'refuse';
  /** The most that one part may be. */
  readonly maxBytes?: number;
  /** The most that all parts of a request may be together: they are held in memory, and sent as base64. */
  readonly maxTotalBytes?: number;
  /** For all parts of a request together. */
  readonly timeoutMs?: number;
  readonly allowsAddress?: (address: string) => boolean;
  readonly resolve?: Resolve;
  /** Certificate authorities instead of the system's. */
  readonly ca?: string;
}

export interface MediaFetcher {
  /** The request with its remote media as base64, where `takesUrl` says that the target does not read them itself. */
  inline(request: ChatRequest, takesUrl: (kind: MediaKind) => boolean, signal: AbortSignal): Promise<ChatRequest>;
  close(): Promise<void>;
}

const MAX_REDIRECTS = 3;
const CONCURRENCY = 4;
/** A body of 6 MB has room for 50,000 URLs; nobody shall fetch 50,000 files through us. */
const MAX_URLS = 64;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const ACCEPT: { readonly [K in MediaKind]: string } = {
  image: 'image/png,image/jpeg,image/webp,image/gif',
  pdf: 'application/pdf,*/*;q=0.8',
  file: '*/*',
  audio: 'audio/wav,audio/mpeg,audio/*;q=0.8',
};

export function createMediaFetcher(options: MediaFetcherOptions = {}): MediaFetcher {
  const {
    mode = 'fetch',
    maxBytes = 20 * 1024 * 1024,
    maxTotalBytes = 32 * 1024 * 1024,
    timeoutMs = 10_000,
    allowsAddress = isPublicAddress,
  } = options;
  const agent = new Agent({
    connect: {
      lookup: guardedLookup(allowsAddress, options.resolve),
      // Covers the look-up of the name too. A request that waits for its connection hears no signal.
      timeout: timeoutMs,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
    allowH2: false,
    keepAliveTimeout: 1_000,
    keepAliveMaxTimeout: 1_000,
  });

  async function inline(
    request: ChatRequest,
    takesUrl: (kind: MediaKind) => boolean,
    signal: AbortSignal,
  ): Promise<ChatRequest> {
    const media = findRemoteMedia(request, takesUrl);
    const [first] = media;
    if (first === undefined) return request;
    if (mode === 'refuse') throw refused(first, 'is a URL, which this target does not read; send the data itself');
    // The same image is in every turn of a conversation, and may be in one twice.
    const byUrl = Map.groupBy(media, (one) => `${one.kind} ${one.url}`);
    if (byUrl.size > MAX_URLS) throw refused(first, `is one of ${byUrl.size} URLs; at most ${MAX_URLS} are fetched`);

    const timeout = AbortSignal.timeout(timeoutMs);
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, timeout, failed.signal]);
    const fetched = new Map<string, FetchedMedia>();
    const budget = { left: maxTotalBytes };
    const waiting = [...byUrl.values()];
    const work = async (): Promise<void> => {
      for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
        const [one] = group;
        if (one === undefined) continue;
        const found = await fetchOne(one, budget, stop).catch((error: unknown) => {
          throw reasonFor(one, error);
        });
        for (const { path } of group) fetched.set(path, found);
      }
    };
    const reasonFor = (one: RemoteMedia, error: unknown): GatewayError => {
      if (error instanceof GatewayError && error.kind === 'invalid-request') return error;
      if (signal.aborted && signal.reason instanceof GatewayError) return signal.reason;
      if (timeout.aborted) return refused(one, `was not fetched within ${timeoutMs / 1000} s`, error);
      if (causes(error).some((cause) => cause instanceof RefusedAddress)) return refused(one, NOT_PUBLIC, error);
      return refused(one, 'cannot be fetched: the connection failed', error);
    };
    try {
      await Promise.all(Array.from({ length: Math.min(CONCURRENCY, waiting.length) }, work));
    } finally {
      failed.abort();
    }
    return inlineMedia(request, fetched);
  }

  async function fetchOne(media: RemoteMedia, budget: { left: number }, stop: AbortSignal): Promise<FetchedMedia> {
    let url = checkUrl(media, media.url, allowsAddress);
    for (let redirects = 0; ; redirects += 1) {
      const reply = await abortable(
        httpRequest(url, {
          method: 'GET',
          headers: { accept: ACCEPT[media.kind], 'accept-encoding': 'identity', 'user-agent': 'tollgate' },
          dispatcher: agent,
          signal: stop,
        }),
        stop,
      );
      try {
        if (!REDIRECTS.has(reply.statusCode)) return await readReply(media, reply, budget);
      } finally {
        discard(reply.body);
      }
      if (redirects === MAX_REDIRECTS) throw refused(media, `redirects more than ${MAX_REDIRECTS} times`);
      url = checkUrl(media, firstOf(reply.headers.location), allowsAddress, url);
    }
  }

  async function readReply(
    media: RemoteMedia,
    reply: Dispatcher.ResponseData,
    budget: { left: number },
  ): Promise<FetchedMedia> {
    if (reply.statusCode !== 200) throw refused(media, `cannot be fetched: its server answers ${reply.statusCode}`);
    const tooLarge = (): GatewayError =>
      refused(media, `is over ${maxBytes} bytes, or all media over ${maxTotalBytes}`);
    if (Number(firstOf(reply.headers['content-length'])) > Math.min(maxBytes, budget.left)) throw tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of decompress(reply.body, firstOf(reply.headers['content-encoding']))) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      budget.left -= bytes.length;
      if (size > maxBytes || budget.left < 0) throw tooLarge();
      chunks.push(bytes);
    }
    const bytes = Buffer.concat(chunks);
    const mediaType = sniffMedia(media.kind, bytes, firstOf(reply.headers['content-type']) ?? '');
    if (mediaType === undefined) throw refused(media, `is not ${EXPECTED[media.kind]}`);
    return { mediaType, data: bytes.toString('base64') };
  }

  return { inline, close: async () => agent.close() };
}

const EXPECTED: { readonly [K in MediaKind]: string } = {
  image: 'an image (PNG, JPEG, WebP, GIF or HEIC)',
  pdf: 'a PDF, text, image, sound or video',
  file: 'a PDF, text, Office document, image, sound or video',
  audio: 'sound (WAV, MP3, AAC, FLAC, Ogg or M4A)',
};

const NOT_PUBLIC = 'cannot be fetched: its host has no public address';

function checkUrl(
  media: RemoteMedia,
  text: string | undefined,
  allows: (address: string) => boolean,
  base?: string,
): string {
  const whose = base === undefined ? 'is' : 'redirects to';
  if (text === undefined) throw refused(media, 'redirects without a location');
  if (!URL.canParse(text, base)) throw refused(media, `${whose} no valid URL`);
  const url = new URL(text, base);
  if (url.protocol !== 'https:') throw refused(media, `${whose} a URL other than https`);
  if (url.username !== '' || url.password !== '') throw refused(media, `${whose} a URL with credentials in it`);
  if (isRefusedLiteral(url.hostname, allows)) throw refused(media, NOT_PUBLIC);
  url.hash = '';
  return url.href;
}

/** `problem` completes the sentence that begins with the part. The URL itself may hold a secret, and stays out of it. */
function refused(media: RemoteMedia, problem: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid-request', `${media.path} ${problem}.`, {
    param: media.path,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Rejects as soon as the signal is aborted, also while the connection is still being made. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** A body destroyed before its end emits an error that nobody is left to handle. */
function discard(body: Readable): void {
  body.on('error', () => {});
  body.destroy();
}

function causes(error: unknown): readonly unknown[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
