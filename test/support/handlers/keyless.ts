/** The gateway as it is, looking for its provider keys where there are none. */
import { composeGateway } from '../../../functions/gateway/compose.ts';
import { createHandler } from '../../../functions/gateway/create-handler.ts';

export const handler = createHandler(composeGateway({ ...process.env, TOLLGATE_SECRET_PREFIX: 'elsewhere' }));
