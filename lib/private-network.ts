import { Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { CfnFunction, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';

export interface PrivateNetwork {
  /** Private subnets with a way out (NAT): the gateway calls AWS and the providers from them. */
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

/** What Lambda needs to put network interfaces into a VPC. EC2 knows no resources for the most of it. */
const INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * By ids, because a lookup of the VPC would need an account while the template is made. The permissions are inline with
 * the role: Lambda tries them out when the function is created.
 */
export function placeInNetwork(handler: LambdaFunction, role: Role, network: PrivateNetwork): void {
  const resource = handler.node.defaultChild;
  if (!CfnFunction.isCfnFunction(resource)) throw new Error('The function has no resource of its own any more.');
  resource.vpcConfig = { subnetIds: [...network.subnetIds], securityGroupIds: [...network.securityGroupIds] };
  role.addToPolicy(new PolicyStatement({ actions: INTERFACE_ACTIONS, resources: ['*'] }));
  const policy = role.node.tryFindChild('DefaultPolicy');
  if (policy !== undefined) resource.node.addDependency(policy);
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'Lambda makes the network interfaces, and EC2 has no resource-level permissions for describing them.',
  });
}
