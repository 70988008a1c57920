/**
 * Server-sent events, bytes to frames: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 *
 * A pure push parser. However the bytes are cut, the frames are the same, and their `raw` texts in a row are the text
 * that came, so that frames can go through unchanged. What the standard throws away and we keep:
 *  - comments and events without data have no frame of their own; they are the head of the next frame's `raw`;
 *  - what is left at the end becomes a last frame: with its data where a provider left out the last blank line (marked
 *    `incomplete` where even the line was cut), and with empty `data` where it is nothing but comments. Decoders skip
 *    frames without data.
 * `id:` and `retry:` are for reconnecting, which nobody does with a completion: they are in `raw` only.
 */
import type { Frame } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';

export interface SseFramer {
  push(chunk: Uint8Array): readonly Frame[];
  /** What is left when the bytes are over. */
  end(): readonly Frame[];
}

export interface SseFramerOptions {
  /** A longer frame throws `upstream-malformed`: an endless line must not take the memory of the process. */
  readonly maxFrameChars?: number;
}

/** Images come back as base64 in one frame, a few MB each, and a whole answer in the last one of OpenAI's Responses. */
const MAX_FRAME_CHARS = 64 * 1024 * 1024;

const BYTE_ORDER_MARK = '\uFEFF';

export function createSseFramer(options: SseFramerOptions = {}): SseFramer {
  const maxFrameChars = options.maxFrameChars ?? MAX_FRAME_CHARS;
  // `ignoreBOM` means "do not strip it": it belongs to `raw`.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let frame = emptyFrame();
  /** Pieces of the line that has no end yet, joined once: appending to a string at each chunk, and searching it again, is quadratic. */
  let pieces: string[] = [];
  let atStart = true;
  /** A CR at the end of a chunk waits for what follows: CR LF is one line end. */
  let carry = '';

  function endLine(piece: string, lineEnd: string): Frame | undefined {
    pieces.push(piece);
    let line = pieces.length === 1 ? piece : pieces.join('');
    pieces = [];
    frame.raw.push(line, lineEnd);
    if (atStart) {
      atStart = false;
      if (line.startsWith(BYTE_ORDER_MARK)) line = line.slice(1);
    }
    if (line !== '') {
      readField(frame, line);
      return undefined;
    }
    if (frame.data.length === 0) {
      frame.event = undefined;
      return undefined;
    }
    return takeFrame();
  }

  function takeFrame(incomplete = false): Frame {
    const { event, data, raw } = frame;
    frame = emptyFrame();
    return {
      ...(event === undefined || event === '' ? {} : { event }),
      data: data.join('\n'),
      raw: raw.join(''),
      ...(incomplete ? { incomplete } : {}),
    };
  }

  function grow(chars: number): void {
    frame.chars += chars;
    if (frame.chars > maxFrameChars) {
      throw new GatewayError('upstream-malformed', `The provider sent an event of over ${maxFrameChars} characters.`);
    }
  }

  function read(text: string): readonly Frame[] {
    const frames: Frame[] = [];
    let position = 0;
    let nextLf = text.indexOf('\n');
    let nextCr = text.indexOf('\r');
    while (nextLf !== -1 || nextCr !== -1) {
      const cr = nextCr !== -1 && (nextLf === -1 || nextCr < nextLf);
      const at = cr ? nextCr : nextLf;
      const lineEnd = cr ? (nextLf === at + 1 ? '\r\n' : '\r') : '\n';
      grow(at - position + lineEnd.length);
      const done = endLine(text.slice(position, at), lineEnd);
      if (done !== undefined) frames.push(done);
      position = at + lineEnd.length;
      // Each is searched only once it is behind us: a text without any CR is not searched for one at every line.
      if (nextLf !== -1 && nextLf < position) nextLf = text.indexOf('\n', position);
      if (nextCr !== -1 && nextCr < position) nextCr = text.indexOf('\r', position);
    }
    if (position < text.length) {
      grow(text.length - position);
      pieces.push(text.slice(position));
    }
    return frames;
  }

  return {
    push(chunk) {
      const text = carry + decoder.decode(chunk, { stream: true });
      carry = text.endsWith('\r') ? '\r' : '';
      return read(carry === '' ? text : text.slice(0, -1));
    },
    end() {
      const frames = [...read(carry + decoder.decode())];
      carry = '';
      const cut = pieces.length > 0;
      if (cut) endLine('', '');
      if (frame.raw.length > 0) frames.push(takeFrame(cut && frame.data.length > 0));
      return frames;
    },
  };
}

interface OpenFrame {
  event: string | undefined;
  readonly data: string[];
  readonly raw: string[];
  chars: number;
}

const emptyFrame = (): OpenFrame => ({ event: undefined, data: [], raw: [], chars: 0 });

function readField(frame: OpenFrame, line: string): void {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const name = colon === -1 ? line : line.slice(0, colon);
  if (name !== 'data' && name !== 'event') return;
  const value = colon === -1 ? '' : line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1);
  if (name === 'data') frame.data.push(value);
  else frame.event = value;
}
