/** Faults that no emulator produces, put into the client's own middleware, so that all else stays real. */
import { type DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';

/**
 * `lost`: it is applied, but the answer never comes. `unsent`: it times out before it is applied. The rest answer
 * without applying.
 */
export type Fault = 'lost' | 'unsent' | 'throttled' | 'error-500' | 'denied';

export interface Call {
  /** `UpdateItemCommand`, … */
  readonly command: string;
  readonly input: { readonly [name: string]: unknown };
  /** Partition key, where there is one. */
  readonly pk: string | undefined;
}

export type Decide = (call: Call) => Fault | undefined | Promise<Fault | undefined>;

/** Asks `decide` before each call. Gives the calls that were made, in order. */
export function injectFaults(client: DynamoDBClient, decide: Decide): readonly Call[] {
  const calls: Call[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const input = args.input as unknown as Call['input'];
      const call = { command: context.commandName ?? '', input, pk: partitionKey(input) };
      calls.push(call);
      const fault = await decide(call);
      if (fault === 'unsent') throw timeOut();
      if (fault === 'throttled') throw refusal('ThrottlingException', 400, 'client');
      if (fault === 'error-500') throw refusal('InternalServerError', 500, 'server');
      if (fault === 'denied') throw refusal('AccessDeniedException', 400, 'client');
      const output = await next(args);
      if (fault === 'lost') throw timeOut();
      return output;
    },
    { step: 'initialize', name: 'faults' },
  );
  return calls;
}

function partitionKey(input: Call['input']): string | undefined {
  const key = (input.Key ?? input.Item) as { readonly pk?: { readonly S?: string } } | undefined;
  return key?.pk?.S;
}

function timeOut(): Error {
  return Object.assign(new Error('Connection timed out after 3000 ms'), { name: 'TimeoutError' });
}

function refusal(name: string, httpStatusCode: number, fault: 'client' | 'server'): DynamoDBServiceException {
  const message = `arn:aws:sts::123456789012:assumed-role/gateway: ${name}`;
  return new DynamoDBServiceException({ name, message, $fault: fault, $metadata: { httpStatusCode } });
}
