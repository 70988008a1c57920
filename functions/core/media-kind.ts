import type { AudioPart, FilePart, ImagePart, MediaSource } from './chat.ts';

/** What a provider may or may not read from a URL by itself: of files it is mostly PDF. */
export const MEDIA_KINDS = ['image', 'pdf', 'file', 'audio'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

export type MediaPart = ImagePart | FilePart | AudioPart;

/** A file of no known type is taken for a PDF, which is what files in prompts mostly are. */
export function mediaKind(part: MediaPart): MediaKind {
  if (part.type !== 'file') return part.type;
  const type = typeOf(part.source);
  if (type === undefined) return 'pdf';
  if (type.startsWith('image/')) return 'image';
  if (type.startsWith('audio/')) return 'audio';
  return type === 'application/pdf' ? 'pdf' : 'file';
}

function typeOf(source: MediaSource): string | undefined {
  if (source.type === 'reference') return undefined;
  if (source.mediaType !== undefined && source.mediaType !== '') return source.mediaType.toLowerCase();
  const ending = source.type === 'url' ? endingOf(source.url) : undefined;
  return ending === undefined || ending === 'pdf' ? undefined : `application/${ending}`;
}

/** `txt` of `https://example.org/a/b.txt?c=d`; none of a path whose last dot is part of a name. */
function endingOf(url: string): string | undefined {
  const [path = ''] = url.split(/[?#]/, 1);
  return /\.(pdf|txt|md|csv|tsv|html?|xml|json|rtf|docx?|xlsx?|pptx?)$/i.exec(path)?.[1]?.toLowerCase();
}
