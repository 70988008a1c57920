import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { AlarmCase } from './alarms.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';

export interface Watched {
  readonly metrics: GatewayMetrics;
  readonly gateway: IFunction;
  readonly upkeep: IFunction;
  readonly table: string;
  /** Names of the delivery streams, by what they carry. */
  readonly streams: { readonly [name: string]: string };
  /** Of the gateway; without one the account's limit is the only one. */
  readonly reservedConcurrency: number | undefined;
}

const FIVE_MINUTES = Duration.minutes(5);
/** Where there are fewer requests, one that fails is not yet a share. */
const ENOUGH_REQUESTS = 20;

/** What somebody has to know, and what to do about it: docs/operating.md says more under the same names. */
export function whatRings({
  metrics,
  gateway,
  upkeep,
  table,
  streams,
  reservedConcurrency,
}: Watched): readonly AlarmCase[] {
  const errorsOf = (error: string) => metrics.one('ErrorsByKind', { dimensionsMap: { error } });
  return [
    {
      name: 'requests-fail',
      metric: new MathExpression({
        expression: `IF(requests >= ${ENOUGH_REQUESTS}, 100 * FILL(failures, 0) / requests, 0)`,
        usingMetrics: { requests: metrics.one('Requests'), failures: metrics.one('Failures') },
        label: 'requests that fail, in percent',
        period: FIVE_MINUTES,
      }),
      threshold: 5,
      periods: { alarming: 2, of: 3 },
      about:
        'Over 5 % of the requests fail at providers or in the gateway. See "Errors by kind" on the dashboard, and the query error-rates.',
    },
    {
      name: 'internal-errors',
      metric: errorsOf('internal'),
      threshold: 1,
      about: 'The gateway met an error of its own. Its log has the stack: filter for "level":"error".',
    },
    {
      name: 'function-errors',
      metric: gateway.metricErrors({ period: FIVE_MINUTES }),
      threshold: 1,
      about:
        'An invocation crashed or ran out of time or memory. The sweep ends its request; the log of the function says why.',
    },
    {
      name: 'function-throttled',
      metric: gateway.metricThrottles({ period: FIVE_MINUTES }),
      threshold: 1,
      about:
        'Requests were refused for want of concurrency. Raise tollgate:reservedConcurrency, or the limit of the account.',
    },
    ...(reservedConcurrency === undefined || reservedConcurrency === 0
      ? []
      : [
          {
            name: 'concurrency-near-its-limit',
            metric: gateway.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, period: FIVE_MINUTES }),
            threshold: Math.max(1, Math.floor(reservedConcurrency * 0.8)),
            about: `Of ${reservedConcurrency} requests at once four fifths are used. Raise tollgate:reservedConcurrency before requests are refused.`,
          },
        ]),
    {
      name: 'ledger-fails',
      metric: errorsOf('ledger-unavailable'),
      threshold: 5,
      about:
        'The table of keys and meters does not answer, and callers with a budget get 503. See the health of DynamoDB, and the throttling of the table.',
    },
    {
      name: 'table-throttled',
      metric: new Metric({
        namespace: 'AWS/DynamoDB',
        metricName: 'WriteThrottleEvents',
        dimensionsMap: { TableName: table },
        statistic: Stats.SUM,
        period: FIVE_MINUTES,
      }),
      threshold: 10,
      about:
        'The table refuses writes: tollgate:maxWriteUnits is too low, or one meter is too hot (quotas set SCOPE --shards N).',
    },
    {
      name: 'hot-meter',
      metric: metrics.one('HotMeter'),
      threshold: 1,
      about: 'A meter is written nearly as often as one item can be. The log names it: quotas set SCOPE --shards N.',
    },
    {
      name: 'ledger-drift',
      metric: metrics.one('LedgerDrift'),
      threshold: 1,
      about:
        'A meter counted another spend than the log, and was put right. The log of upkeep has the figures; once is no reason to worry.',
    },
    {
      name: 'log-drops',
      metric: metrics.one('LogDrop'),
      threshold: 1,
      about:
        "Firehose did not take a row, which is in the function's log instead. Replay it: tollgate logs recover FILE.",
    },
    ...Object.entries(streams).flatMap(([name, stream]): readonly AlarmCase[] => {
      const metric = (metricName: string, statistic: string) =>
        new Metric({
          namespace: 'AWS/Firehose',
          metricName,
          dimensionsMap: { DeliveryStreamName: stream },
          statistic,
          period: FIVE_MINUTES,
        });
      return [
        {
          name: `${name}-not-converted`,
          metric: metric('FailedConversion.Records', Stats.SUM),
          threshold: 1,
          about: `Records of the ${name} could not be made into Parquet: they are under the error prefix of the bucket, and in no query.`,
        },
        {
          name: `${name}-late`,
          metric: metric('DeliveryToS3.DataFreshness', Stats.MAXIMUM),
          threshold: 3_600,
          about: `The oldest record of the ${name} waits for an hour: Firehose cannot write to the bucket. See its log group.`,
        },
      ];
    }),
    {
      name: 'unpriced',
      metric: metrics.one('Unpriced', { period: Duration.hours(1) }),
      threshold: 1,
      about:
        'Requests went to a model without a known price: their cost is missing. Add it under "prices" in gateway.yaml.',
    },
    {
      name: 'prices-refused',
      metric: metrics.one('PricesRefused', { period: Duration.days(1) }),
      threshold: 1,
      about:
        "The price catalogue of today looked wrong, and yesterday's stays in use. The log of upkeep says what was wrong.",
    },
    {
      name: 'provider-key-refused',
      metric: metrics.one('ProviderKeyRefused'),
      threshold: 1,
      about:
        'A provider does not accept one of its keys. The log names the provider and which of its keys: tollgate secrets set NAME -',
    },
    {
      name: 'broken-config',
      metric: metrics.one('BrokenConfig'),
      threshold: 1,
      about:
        'The configuration in the table cannot be used, and the last good one stays. Put another in its place: tollgate config apply FILE.',
    },
    {
      name: 'upkeep-fails',
      metric: upkeep.metricErrors({ period: FIVE_MINUTES }),
      threshold: 1,
      periods: { alarming: 3, of: 3 },
      about: 'Upkeep has failed for a quarter of an hour: lost requests stay reserved. Its log says why.',
    },
    {
      // What comes once or twice a day never fails three times in a quarter of an hour.
      name: 'upkeep-fails-daily',
      metric: upkeep.metricErrors({ period: Duration.days(1) }),
      threshold: 1,
      periods: { alarming: 2, of: 2 },
      about:
        'Upkeep has failed on two days running: reconciliation or the refresh of prices may not run at all. Its log says why.',
    },
  ];
}
