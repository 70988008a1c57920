import { type GatewayError, toGatewayError } from '../core/errors.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import type { Gateway } from './gateway.ts';
import type { Trace } from './trace.ts';

/** After a failed attempt: what it means for the key that it used. True where the target has another one to try at once. */
export async function renewKey(
  gateway: Gateway,
  trace: Trace,
  target: UpstreamTarget,
  error: GatewayError,
): Promise<boolean> {
  const { requestId } = trace;
  const { provider, model } = target;
  const key = trace.attempts.at(-1)?.key;
  const about = { requestId, provider, model, secret: target.config.secret, keyIndex: key?.index };
  try {
    const { another, takenOut } = await gateway.upstream.keyFailed(target, key, error);
    if (takenOut) {
      gateway.report('error', 'A provider does not accept one of its keys.', {
        metric: 'ProviderKeyRefused',
        ...about,
        status: error.upstreamStatus,
        code: error.upstreamCode,
      });
    }
    return another;
  } catch (thrown) {
    // Other targets may still answer: that there is no other key here must not end the request.
    const reason = toGatewayError(thrown);
    gateway.report('error', "A provider's keys could not be read again.", { ...about, reason: reason.message });
    return false;
  }
}
