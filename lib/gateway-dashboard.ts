import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { GatewayMetrics } from './gateway-metrics.ts';

export interface GatewayDashboardProps {
  readonly name: string;
  readonly metrics: GatewayMetrics;
  readonly gateway: IFunction;
  readonly alarms: readonly IAlarm[];
}

const HOUR = Duration.hours(1);
const WIDTH = 24;

/** What a team looks at in the morning, and at night when it rings. */
export class GatewayDashboard extends Construct {
  constructor(scope: Construct, id: string, { name, metrics, gateway, alarms }: GatewayDashboardProps) {
    super(scope, id);
    const graph = (title: string, left: readonly IMetric[], label?: string): IWidget =>
      new GraphWidget({
        title,
        left: [...left],
        width: WIDTH / 3,
        height: 6,
        leftYAxis: { min: 0, showUnits: false, ...(label === undefined ? {} : { label }) },
      });
    const percentiles = (metric: string): readonly IMetric[] =>
      [50, 95, 99].map((share) => metrics.one(metric, { statistic: Stats.percentile(share), label: `p${share}` }));
    const hourly = (metric: string, label: string): IMetric => metrics.one(metric, { period: HOUR, label });

    new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      defaultInterval: Duration.days(1),
      widgets: [
        [
          new SingleValueWidget({
            title: 'The last day',
            width: WIDTH / 2,
            height: 4,
            metrics: ['Requests', 'Failures', 'CostUsd', 'Denials'].map((metric) =>
              metrics.one(metric, { period: Duration.days(1), label: metric === 'CostUsd' ? 'USD' : metric }),
            ),
          }),
          new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WIDTH / 2, height: 4 }),
        ],
        [
          graph('Spend an hour by model', [metrics.by('model', 'CostUsd', 'Sum', HOUR)], 'USD'),
          graph('Spend an hour by provider', [metrics.by('provider', 'CostUsd', 'Sum', HOUR)], 'USD'),
          graph('Tokens an hour', [hourly('InputTokens', 'in'), hourly('OutputTokens', 'out')]),
        ],
        [
          graph('Requests', [
            metrics.one('Requests', { label: 'all' }),
            metrics.one('Failures', { label: 'failed' }),
            metrics.one('Denials', { label: 'denied by a limit' }),
          ]),
          graph('Errors by kind', [metrics.by('error', 'ErrorsByKind', 'Sum')]),
          graph('Requests that fail by provider', [metrics.by('provider', 'Errors', 'Sum')]),
        ],
        [
          graph('Time to first token', percentiles('TimeToFirstToken'), 'ms'),
          graph('Time to first token by model, p95', [metrics.by('model', 'TimeToFirstToken', 'p95')], 'ms'),
          graph("The gateway's own time", percentiles('Overhead'), 'ms'),
        ],
        [
          graph('Failovers', [
            metrics.one('Failovers', { label: 'further attempts' }),
            metrics.one('TargetOpened', { label: 'targets left alone' }),
            metrics.one('ProviderKeyRefused', { label: 'keys refused' }),
          ]),
          graph('Requests at once', [
            gateway.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, label: 'at once' }),
            gateway.metricThrottles({ label: 'refused' }),
          ]),
          graph('Of the log', [
            metrics.one('LogDrop', { label: 'rows not taken' }),
            metrics.one('Unpriced', { label: 'unpriced' }),
            metrics.one('Flagged', { label: 'flagged' }),
          ]),
        ],
      ],
    });
  }
}
