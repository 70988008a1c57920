import { Duration, Stack } from 'aws-cdk-lib';
import { MathExpression, Metric, type MetricProps, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

type Options = Partial<Pick<MetricProps, 'statistic' | 'period' | 'label' | 'dimensionsMap'>>;

/** The metrics that the functions write themselves (functions/records/emf.ts), in the namespace of the stack's name. */
export interface GatewayMetrics {
  one(name: string, options?: Options): Metric;
  /** One line a value of the dimension, whatever values there are. For graphs: alarms cannot search. */
  by(dimension: 'model' | 'provider' | 'error', name: string, statistic: string, period?: Duration): MathExpression;
}

export function gatewayMetrics(scope: Construct): GatewayMetrics {
  const namespace = Stack.of(scope).stackName;
  return {
    one: (metricName, options = {}) =>
      new Metric({ namespace, metricName, statistic: Stats.SUM, period: Duration.minutes(5), ...options }),
    by: (dimension, name, statistic, period = Duration.minutes(5)) =>
      new MathExpression({
        expression: `SEARCH('{"${namespace}",${dimension}} MetricName="${name}"', '${statistic}', ${period.toSeconds()})`,
        label: '',
        usingMetrics: {},
        period,
      }),
  };
}
