/** What bytes are, by how they begin: what a server says of them is only what it says. */
import type { MediaKind } from './media-kind.ts';

type Signature = readonly [type: string, ...beginnings: readonly (readonly [at: number, bytes: string])[]];

/** As Latin-1, and all of one line must be there. https://mimesniff.spec.whatwg.org and the formats' specifications. */
const SIGNATURES: readonly Signature[] = [
  ['image/png', [0, '\x89PNG\r\n\x1a\n']],
  ['image/jpeg', [0, '\xff\xd8\xff']],
  ['image/gif', [0, 'GIF87a']],
  ['image/gif', [0, 'GIF89a']],
  ['image/webp', [0, 'RIFF'], [8, 'WEBP']],
  ['image/heic', [4, 'ftyphei']],
  ['image/heic', [4, 'ftyphev']],
  ['image/heif', [4, 'ftypmif1']],
  ['image/heif', [4, 'ftypmsf1']],
  ['application/pdf', [0, '%PDF-']],
  ['audio/wav', [0, 'RIFF'], [8, 'WAVE']],
  ['audio/mpeg', [0, 'ID3']],
  ['audio/mpeg', [0, '\xff\xfb']],
  ['audio/mpeg', [0, '\xff\xfa']],
  ['audio/mpeg', [0, '\xff\xf3']],
  ['audio/mpeg', [0, '\xff\xf2']],
  ['audio/aac', [0, '\xff\xf1']],
  ['audio/aac', [0, '\xff\xf9']],
  ['audio/flac', [0, 'fLaC']],
  ['audio/ogg', [0, 'OggS']],
  ['audio/mp4', [4, 'ftypM4A']],
  ['video/mp4', [4, 'ftypiso']],
  ['video/mp4', [4, 'ftypmp4']],
  ['video/mp4', [4, 'ftypavc1']],
  ['video/quicktime', [4, 'ftypqt']],
  ['video/webm', [0, '\x1aE\xdf\xa3']],
];
const LONGEST = 16;

/** Office documents are zip files, and only their server tells them apart. */
const ZIP = 'PK\x03\x04';
const OFFICE = /^application\/vnd\.openxmlformats-officedocument\.[a-z.]+$/;

/** Texts begin as they like: the server's word counts, if they are UTF-8 and hold no zero. */
const TEXT = /^(?:text\/[a-z0-9.+-]+|application\/(?:json|xml|yaml|x-yaml|csv|rtf|javascript|x-javascript))$/;

const ALLOWED: { readonly [K in MediaKind]: RegExp } = {
  image: /^image\//,
  audio: /^audio\//,
  // That it is a PDF was guessed from the URL. The bytes know better, and the encoder knows what its provider takes.
  pdf: /^/,
  file: /^/,
};

/**
 * The type of these bytes, or undefined where they are nothing that a part of this kind may hold. `declared` is the
 * server's `content-type`.
 */
export function sniffMedia(kind: MediaKind, bytes: Uint8Array, declared: string): string | undefined {
  const type = typeOf(bytes, declared.split(';', 1)[0]?.trim().toLowerCase() ?? '');
  return type !== undefined && ALLOWED[kind].test(type) ? type : undefined;
}

function typeOf(bytes: Uint8Array, declared: string): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, LONGEST));
  const known = SIGNATURES.find(([, ...beginnings]) => beginnings.every(([at, begin]) => head.startsWith(begin, at)));
  if (known !== undefined) return known[0];
  const plausible = head.startsWith(ZIP) ? OFFICE.test(declared) : TEXT.test(declared) && isText(bytes);
  return plausible ? declared : undefined;
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
