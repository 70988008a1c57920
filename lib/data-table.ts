import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TABLE } from '../functions/table.ts';

/** What serving requests does to the table, and no more: nothing on the request path queries or scans. */
const REQUEST_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
];

/** What ending lost requests does: it finds them by their partitions, and makes no items but its own cursor. */
const UPKEEP_ACTIONS = [
  'dynamodb:BatchGetItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];

export interface DataTableProps {
  /**
   * Whether the table outlives the stack and cannot be deleted by hand.
   * @default true
   */
  readonly keep?: boolean;
  /**
   * The most that the table may write a second: a brake on cost, beyond which requests are refused.
   * @default - the account's limit
   */
  readonly maxWriteRequestUnits?: number;
}

/** Keys, meters and open reservations. Its layout is in functions/table.ts, shared with the local table. */
export class DataTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: DataTableProps = {}) {
    super(scope, id);
    const keep = props.keep ?? true;
    const attribute = (name: string) => ({ name, type: AttributeType.STRING });
    this.table = new TableV2(this, 'Table', {
      partitionKey: attribute(TABLE.partitionKey),
      sortKey: attribute(TABLE.sortKey),
      timeToLiveAttribute: TABLE.timeToLive,
      globalSecondaryIndexes: [
        {
          indexName: TABLE.kindIndex.name,
          partitionKey: attribute(TABLE.kindIndex.partitionKey),
          sortKey: attribute(TABLE.kindIndex.sortKey),
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
      billing: Billing.onDemand(
        props.maxWriteRequestUnits === undefined ? {} : { maxWriteRequestUnits: props.maxWriteRequestUnits },
      ),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: keep,
      // Plain RETAIN: with deletion protection on, the roll-back of a failed first deployment could not delete it.
      removalPolicy: keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  /** What the gateway needs to serve requests. By the table's own ARN: `grant` would add its indexes with a wildcard. */
  grantRequests(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: REQUEST_ACTIONS, resourceArns: [this.table.tableArn] });
  }

  /** What upkeep needs. By the index it finds all meters, to reconcile them. */
  grantUpkeep(grantee: IGrantable): void {
    const { tableArn } = this.table;
    Grant.addToPrincipal({ grantee, actions: UPKEEP_ACTIONS, resourceArns: [tableArn] });
    const index = `${tableArn}/index/${TABLE.kindIndex.name}`;
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:Query'], resourceArns: [index] });
  }
}
