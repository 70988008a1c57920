/**
 * The CDK app: `npx cdk synth`, `npx cdk deploy`. What a deployment can choose is in lib/deployment.ts.
 */
import { resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { addChecks } from '../lib/checks.ts';
import { readDeployment } from '../lib/deployment.ts';
import { TollgateStack } from '../lib/tollgate-stack.ts';

const app = new App();
addChecks(app);
const { configFile, region, ...options } = readDeployment(app.node.getAllContext());
new TollgateStack(app, {
  ...options,
  configFile: resolve(import.meta.dirname, '..', configFile),
  ...(region === undefined ? {} : { env: { region } }),
});
