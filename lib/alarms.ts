import { Stack, Validations } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface AlarmCase {
  /** Part of its name: `provider-key-refused`. */
  readonly name: string;
  readonly metric: IMetric;
  /** Rings at this or more. */
  readonly threshold: number;
  /** What it means and what to do, for whoever gets the mail at night. */
  readonly about: string;
  /**
   * In how many periods out of how many.
   * @default 1 of 1
   */
  readonly periods?: { readonly alarming: number; readonly of: number };
}

export interface AlarmsProps {
  /** Stands before the names of the alarms. */
  readonly prefix: string;
  readonly cases: readonly AlarmCase[];
  /**
   * Who gets them by mail, once he has confirmed.
   * @default - nobody; the topic can be subscribed to
   */
  readonly email?: string;
}

/** What somebody has to know at once, to one topic. Nothing that mends itself is in here. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { prefix, cases, email }: AlarmsProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'Tollgate', enforceSSL: true });
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
    Validations.of(this.topic).acknowledge({
      id: 'Serverless-SNSRedrivePolicy',
      reason: 'Mail is sent again by SNS itself; a queue of mails that nobody reads would help nobody.',
    });
    // TLS only is a policy of the topic's own, and that replaces the one by which all of an account's alarms may publish.
    // https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowPublishByAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    const action = new SnsAction(this.topic);
    this.alarms = cases.map(({ name, metric, threshold, about, periods = { alarming: 1, of: 1 } }) => {
      const alarm = new Alarm(this, name, {
        alarmName: `${prefix}-${name}`,
        alarmDescription: about,
        metric,
        threshold,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        datapointsToAlarm: periods.alarming,
        evaluationPeriods: periods.of,
        // No line, no failure.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
      return alarm;
    });
  }
}
