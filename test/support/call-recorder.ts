/**
 * Stands in front of the emulators and writes down what is asked of AWS: by whom (the access key that a call is signed
 * with), which action, and on what, as IAM would be asked whether it is allowed.
 */
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { closeServer, listen } from '../../local/listen.ts';
import { forward } from './forward.ts';

export interface AwsCall {
  readonly principal: string;
  /** `dynamodb:GetItem` */
  readonly action: string;
  /** `table/tollgate`: ARNs without partition, region and account. */
  readonly resource: string;
}

export interface CallRecorder {
  /** In front of each target, in their order. */
  readonly urls: readonly string[];
  /** Each once. */
  calls(): readonly AwsCall[];
  close(): Promise<void>;
}

type Input = { readonly [name: string]: unknown };

interface Asked {
  readonly path: string;
  readonly operation: string;
  readonly input: Input;
  /** Athena names a query by its id, and IAM asks for its workgroup. */
  readonly workgroups: Map<string, string>;
}

type Read = (asked: Asked) => readonly (readonly [action: string, resource: string])[];

const named =
  (service: string, kind: string, member: string): Read =>
  ({ operation, input }) => [[`${service}:${operation}`, `${kind}${String(input[member])}`]];

/** By what stands before the operation in `x-amz-target`. */
const READERS: { readonly [target: string]: Read } = {
  DynamoDB_20120810: ({ operation, input }) => {
    const tables = input.RequestItems === undefined ? [input.TableName] : Object.keys(input.RequestItems as object);
    const index = input.IndexName === undefined ? '' : `/index/${String(input.IndexName)}`;
    return tables.map((table) => [`dynamodb:${operation}`, `table/${String(table)}${index}`]);
  },
  Firehose_20150804: named('firehose', 'deliverystream/', 'DeliveryStreamName'),
  secretsmanager: named('secretsmanager', 'secret:', 'SecretId'),
  AmazonAthena: ({ operation, input, workgroups }) => {
    const workgroup = input.WorkGroup ?? workgroups.get(String(input.QueryExecutionId));
    return [[`athena:${operation}`, `workgroup/${String(workgroup)}`]];
  },
};

/** The last part of Bedrock's paths, and the permission that it takes. */
const MODEL_PATHS: { readonly [operation: string]: string } = {
  converse: 'InvokeModel',
  'converse-stream': 'InvokeModelWithResponseStream',
  invoke: 'InvokeModel',
  'invoke-with-response-stream': 'InvokeModelWithResponseStream',
};

const readModel: Read = ({ path }) => {
  const [, id = '', operation = ''] = /\/model\/([^/]+)\/([\w-]+)$/.exec(path) ?? [];
  const action = MODEL_PATHS[operation];
  if (action === undefined) throw new Error(`Nobody knows which permission ${path} takes.`);
  const model = decodeURIComponent(id);
  return [
    [`bedrock:${action}`, /^[a-z]{2}\./.test(model) ? `inference-profile/${model}` : `foundation-model/${model}`],
  ];
};

export async function startCallRecorder(targets: readonly string[]): Promise<CallRecorder> {
  const calls = new Map<string, AwsCall>();
  const problems: unknown[] = [];
  const workgroups = new Map<string, string>();

  const servers = targets.map((target) =>
    createServer((request, response) => {
      const pass = async (): Promise<void> => {
        const body = await buffer(request);
        const [service = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
        const input = JSON.parse(body.toString() || '{}') as Input;
        const read = service === '' ? readModel : READERS[service];
        if (read === undefined) throw new Error(`Nobody knows the service ${service}.`);
        const principal = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? 'nobody';
        for (const [action, resource] of read({ path: request.url ?? '', operation, input, workgroups })) {
          calls.set(`${principal} ${action} ${resource}`, { principal, action, resource });
        }
        const { status, headers, content } = await forward(request, body, target);
        if (operation === 'StartQueryExecution') {
          const { QueryExecutionId: id } = JSON.parse(content.toString()) as { readonly QueryExecutionId: string };
          workgroups.set(id, String(input.WorkGroup));
        }
        response.writeHead(status, headers).end(content);
      };
      pass().catch((error: unknown) => {
        problems.push(error);
        request.socket.destroy();
      });
    }),
  );
  return {
    urls: await Promise.all(servers.map((server) => listen(server, { port: 0 }))),
    calls() {
      if (problems.length > 0) throw problems[0];
      return [...calls.values()];
    },
    async close() {
      await Promise.all(servers.map((server) => closeServer(server)));
    },
  };
}
