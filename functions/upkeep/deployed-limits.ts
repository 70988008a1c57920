/**
 * Limits that stand in the deployment: CloudFormation calls upkeep with a scope whenever what the deployment says of it
 * has changed, and waits for the answer at an address of its own. What the deployment does not name stays as it is, and
 * so does everything when a scope is taken out of it: a budget is not lifted by leaving it out.
 */
import { toGatewayError } from '../core/errors.ts';
import { type MeterSettings, readSettings } from '../ledger/meter-settings.ts';

export interface DeploymentEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** CloudFormation makes text of every number: what is set comes as JSON. */
  readonly ResourceProperties: { readonly Scope: string; readonly Settings: string };
}

export type SetLimits = (scope: string, settings: MeterSettings) => Promise<void>;

/** Of its answer; S3 takes it. */
const TRIES = 3;

export const isDeployment = (event: unknown): event is DeploymentEvent =>
  typeof event === 'object' && event !== null && 'ResponseURL' in event && 'RequestType' in event;

/** Never leaves CloudFormation without an answer but where it cannot be reached: it would wait until its time-out. */
export async function applyDeployedLimits(event: DeploymentEvent, setLimits: SetLimits): Promise<void> {
  const { RequestType, ResourceProperties: properties } = event;
  const failure = RequestType === 'Delete' ? undefined : await apply(properties, setLimits);
  const answer = {
    Status: failure === undefined ? 'SUCCESS' : 'FAILED',
    ...(failure === undefined ? {} : { Reason: failure }),
    PhysicalResourceId: `limits of ${properties.Scope}`,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  };
  // As bytes: for text, fetch would name a content type, which the address is not signed for.
  const body = new TextEncoder().encode(JSON.stringify(answer));
  for (let step = 1; ; step += 1) {
    const cause = await put(event.ResponseURL, body);
    if (cause === undefined) return;
    if (step >= TRIES) throw new Error('CloudFormation does not take the answer.', { cause });
  }
}

async function apply(
  { Scope: scope, Settings: settings }: DeploymentEvent['ResourceProperties'],
  setLimits: SetLimits,
) {
  try {
    const written: unknown = JSON.parse(settings);
    await setLimits(scope, readSettings(scope, written as { readonly [name: string]: unknown }));
    return undefined;
  } catch (thrown) {
    return `${scope}: ${toGatewayError(thrown).message}`;
  }
}

async function put(url: string, body: Uint8Array<ArrayBuffer>): Promise<unknown> {
  try {
    const response = await fetch(url, { method: 'PUT', body });
    await response.arrayBuffer();
    return response.ok ? undefined : new Error(`Status ${response.status}`);
  } catch (error) {
    return error;
  }
}
