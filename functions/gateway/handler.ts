/** Entry point of the gateway function. */
import { composeGateway } from './compose.ts';
import { createHandler } from './create-handler.ts';

export const handler = createHandler(composeGateway(process.env));
