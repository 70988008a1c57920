import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface AwsTimeouts {
  readonly connectMs?: number;
  readonly requestMs?: number;
}

/** Time-outs of our own: the SDK's defaults wait for ever, and a request waits with them. */
export function awsHandler({ connectMs = 1_000, requestMs = 3_000 }: AwsTimeouts = {}): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: connectMs,
    requestTimeout: requestMs,
    // Without it the handler only prints a warning when the time is up, and goes on waiting.
    throwOnRequestTimeout: true,
    httpsAgent: { maxSockets: 256 },
  });
}
