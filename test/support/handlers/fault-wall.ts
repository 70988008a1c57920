/** The gateway as it is, but for the silence after which it pings, which is as long as the wall's time is. */
import { composeGateway } from '../../../functions/gateway/compose.ts';
import { createHandler } from '../../../functions/gateway/create-handler.ts';

const pingMs = Number(process.env.FAULT_WALL_PING_MS ?? 15_000);
export const handler = createHandler({ ...composeGateway(process.env), pingMs });
