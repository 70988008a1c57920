import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { OwnChecks } from './own-checks.ts';

/**
 * Rule packs that run at every synth, beside the CDK's own validation of the template. A finding stops the synth;
 * where a rule is wrong for us, the construct it is about acknowledges it and says why.
 */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app), new OwnChecks());
}
