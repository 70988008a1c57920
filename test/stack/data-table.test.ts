import { describe, expect, it } from 'vitest';
import { TABLE } from '../../functions/table.ts';
import { onlyResource, synthesize } from './synthesize.ts';

const TYPE = 'AWS::DynamoDB::GlobalTable';

describe('the data table', () => {
  const template = synthesize();

  it('has the keys, the time to live and the index that the code reads', () => {
    const key = (name: string, type: string) => ({ AttributeName: name, KeyType: type });
    template.hasResourceProperties(TYPE, {
      KeySchema: [key(TABLE.partitionKey, 'HASH'), key(TABLE.sortKey, 'RANGE')],
      TimeToLiveSpecification: { AttributeName: TABLE.timeToLive, Enabled: true },
      GlobalSecondaryIndexes: [
        {
          IndexName: TABLE.kindIndex.name,
          KeySchema: [key(TABLE.kindIndex.partitionKey, 'HASH'), key(TABLE.kindIndex.sortKey, 'RANGE')],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    });
    const { AttributeDefinitions } = onlyResource(template, TYPE).Properties;
    const names = new Set([TABLE.partitionKey, TABLE.sortKey, TABLE.kindIndex.partitionKey, TABLE.kindIndex.sortKey]);
    expect(AttributeDefinitions).toHaveLength(names.size);
    expect(AttributeDefinitions).toEqual(
      expect.arrayContaining([...names].map((name) => ({ AttributeName: name, AttributeType: 'S' }))),
    );
  });

  it('is billed by use, can be restored to any second, and is not deleted by mistake', () => {
    template.hasResource(TYPE, {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        Replicas: [
          {
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          },
        ],
      },
    });
  });

  it('goes with the stack where that was asked for', () => {
    synthesize({ data: 'delete' }).hasResource(TYPE, {
      DeletionPolicy: 'Delete',
      Properties: { Replicas: [{ DeletionProtectionEnabled: false }] },
    });
  });
});
