import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Size, Validations } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Construct } from 'constructs';

export interface QueryWorkgroupProps {
  readonly name: string;
  readonly database: string;
  /** A folder of `NAME.sql` files; each is saved as a query. Its first comment line describes it. */
  readonly queriesFolder: string;
  /** A query that would scan more is stopped: Athena bills by what is scanned. */
  readonly scanLimit: Size;
}

/** Where the bill is asked for: an Athena workgroup with a limit, and the queries that come with Tollgate. */
export class QueryWorkgroup extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: QueryWorkgroupProps) {
    super(scope, id);
    const workgroup = new CfnWorkGroup(this, 'Workgroup', {
      name: props.name,
      description: 'Tollgate: queries over the request log.',
      // Saved queries and history go with the workgroup; without this a stack that was used cannot be deleted.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: props.scanLimit.toBytes(),
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        // Athena keeps the results, encrypted, for a day: no bucket of results to guard and to empty.
        managedQueryResultsConfiguration: { enabled: true },
      },
    });
    Validations.of(workgroup).acknowledge({
      id: 'AwsSolutions-ATH1',
      reason: 'Managed query results are always encrypted; the rule looks at results in a bucket only.',
    });
    this.name = workgroup.ref;

    for (const file of readdirSync(props.queriesFolder)
      .filter((entry) => entry.endsWith('.sql'))
      .sort()) {
      const queryString = readFileSync(join(props.queriesFolder, file), 'utf8');
      const description = /^--\s*(.+)$/m.exec(queryString)?.[1];
      new CfnNamedQuery(this, basename(file, '.sql'), {
        name: basename(file, '.sql'),
        database: props.database,
        workGroup: workgroup.ref,
        queryString,
        ...(description === undefined ? {} : { description }),
      });
    }
  }
}
