export interface DownloadLimits {
  readonly bytes: number;
  readonly ms: number;
}

/** A text from a server that nobody vouches for: no more of it, and no longer, than it may. */
export async function download(url: string, accept: string, most: DownloadLimits): Promise<string> {
  const reply = await fetch(url, { signal: AbortSignal.timeout(most.ms), headers: { accept } });
  if (!reply.ok || reply.body === null) {
    await reply.body?.cancel();
    throw new Error(`It answered ${reply.status}`);
  }
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of reply.body) {
    bytes += piece.length;
    if (bytes > most.bytes) throw new Error(`It is larger than ${most.bytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
