import { GatewayError } from '../../functions/core/errors.ts';

/** What was thrown, which has to be a `GatewayError`. */
export function errorOf(action: () => unknown): GatewayError {
  try {
    action();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
