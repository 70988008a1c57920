import { Stack } from 'aws-cdk-lib';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A metric of the stack's own namespace that counts the lines of a log which name it. Found as text: in Lambda's plain
 * format the JSON comes behind a time and a request id, where a pattern for JSON would not look.
 */
export function countLines(scope: Construct, logGroup: ILogGroup, metricName: string): MetricFilter {
  return new MetricFilter(scope, metricName, {
    logGroup,
    filterPattern: FilterPattern.literal(String.raw`"\"metric\":\"${metricName}\""`),
    metricNamespace: Stack.of(scope).stackName,
    metricName,
    metricValue: '1',
  });
}
