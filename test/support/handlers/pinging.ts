/** The gateway as it is, but for the silence after which it pings: a test does not wait for 15 s. */
import { composeGateway } from '../../../functions/gateway/compose.ts';
import { createHandler } from '../../../functions/gateway/create-handler.ts';

export const handler = createHandler({ ...composeGateway(process.env), pingMs: 100 });
