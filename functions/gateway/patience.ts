/**
 * How long a stream may go on without saying anything. Silence on the wire ends after `idleMs`, and the wait for the first
 * token after `firstTokenMs`. What is told here is the third way to hang: comments, pings and events of no content, for
 * ever. They are how a provider says that it is still at work, e.g. on a search of its own, so they buy time, but not all.
 */
import type { Frame } from '../core/codec.ts';
import { GatewayError } from '../core/errors.ts';

/** So many times `idleMs` may pass without news, if there are signs of life. */
export const LIFE_SIGNS = 4;

export interface PatienceOptions {
  readonly provider: string;
  readonly idleMs: number;
  /** Between thoughts it is as before the first of them. @default - 0 */
  atLeastMs?(): number;
  /** How much has been decoded so far: any change is news. */
  progress(): number;
  /** Before it, the first token is waited for, and that has its own time-out. */
  hasBegun(): boolean;
  now(): number;
  /** Ends the attempt; the frames reject then. */
  giveUp(error: GatewayError): void;
}

/** Only waiting for the provider counts: between two frames it may be the client who takes its time. */
export async function* withPatience(frames: AsyncIterable<Frame>, options: PatienceOptions): AsyncGenerator<Frame> {
  const { provider, idleMs, progress, hasBegun, now, giveUp, atLeastMs = () => 0 } = options;
  let waitedMs = 0;
  let since: number | undefined;
  const timer = setInterval(() => {
    if (since === undefined || !hasBegun() || waitedMs + now() - since < Math.max(idleMs * LIFE_SIGNS, atLeastMs()))
      return;
    giveUp(new GatewayError('upstream-timeout', `The provider "${provider}" sent nothing but signs of life.`));
  }, idleMs);
  const iterator = frames[Symbol.asyncIterator]();
  let seen = progress();
  try {
    for (;;) {
      since = now();
      const next = await iterator.next();
      waitedMs += now() - since;
      since = undefined;
      if (next.done === true) return;
      yield next.value;
      if (progress() === seen && hasBegun()) continue;
      seen = progress();
      waitedMs = 0;
    }
  } finally {
    clearInterval(timer);
    await iterator.return?.(undefined);
  }
}
