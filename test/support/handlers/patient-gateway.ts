/**
 * The gateway, but for one thing: it waits for its table as long as it takes. On a machine that does much else a
 * hundred calls at once may take seconds, which is no fault of what is tested.
 */
import { composeGateway } from '../../../functions/gateway/compose.ts';
import { createHandler } from '../../../functions/gateway/create-handler.ts';

const tableTimeouts = { connectMs: 60_000, requestMs: 60_000 };
export const handler = createHandler(composeGateway(process.env, { tableTimeouts }));
