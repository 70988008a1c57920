/** A stack that looks deployed to the command line: CloudFormation and Athena on loopback before the local stack's parts. */
import { readFileSync } from 'node:fs';
import { configVersion } from '../../functions/adapters/config-file.ts';
import { OUTPUTS } from '../../lib/outputs.ts';
import { startAthena } from './athena.ts';
import { startCloudFormation } from './cloudformation.ts';
import { type LocalStackProcess, startLocalStack } from './local-stack.ts';

export interface DeployedStack {
  readonly local: LocalStackProcess;
  /** For `tollgate --stack NAME`. */
  readonly env: { readonly [name: string]: string };
  close(): Promise<void>;
}

export async function startDeployedStack(name: string, workgroup: string): Promise<DeployedStack> {
  const local = await startLocalStack();
  const { info } = local;
  const athena = await startAthena({ lakeDir: info.lake, workgroup });
  const cloudFormation = await startCloudFormation(name, {
    [OUTPUTS.url]: `${local.url}/`,
    [OUTPUTS.table]: info.table,
    [OUTPUTS.requestStream]: info.requestStream,
    [OUTPUTS.feedbackStream]: info.feedbackStream,
    [OUTPUTS.database]: workgroup.replaceAll('-', '_'),
    [OUTPUTS.workgroup]: workgroup,
    [OUTPUTS.secretPrefix]: info.secretPrefix,
    [OUTPUTS.configVersion]: configVersion(readFileSync(info.config, 'utf8')),
  });
  return {
    local,
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
      AWS_ENDPOINT_URL_ATHENA: athena.url,
      AWS_ENDPOINT_URL_DYNAMODB: info.endpoints.dynamodb,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: info.endpoints.secretsManager,
      AWS_ENDPOINT_URL_FIREHOSE: info.endpoints.firehose,
    },
    async close() {
      await athena.close();
      await cloudFormation.close();
      await local.close();
    },
  };
}
