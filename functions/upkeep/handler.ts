/** Entry point of the upkeep function. */
import { composeUpkeep } from './compose.ts';
import { createHandler } from './create-handler.ts';

export const handler = createHandler(composeUpkeep(process.env));
