/**
 * The text of a header that may hold more than ASCII. HTTP hands over bytes, one a character; clients that send others
 * mean UTF-8 by them. What is no UTF-8 stays as it is, and so does what somebody on the way has decoded already.
 */
export function headerText(header: string): string {
  if (!/^[\0-\xff]*[\x80-\xff][\0-\xff]*$/.test(header)) return header;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}
