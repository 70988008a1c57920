import { DataFormat, type IDatabase, S3Table, S3TableStorage, Schema } from 'aws-cdk-lib/aws-glue';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { INVOICE_COLUMNS, INVOICES_PREFIX, INVOICES_TABLE } from '../functions/records/lake-tables.ts';

export interface InvoiceTableProps {
  readonly bucket: IBucket;
  readonly database: IDatabase;
}

/** Where providers' bills go, as CSV files, to stand beside ours in the query `invoice-reconciliation`. */
export class InvoiceTable extends Construct {
  constructor(scope: Construct, id: string, props: InvoiceTableProps) {
    super(scope, id);
    new S3Table(this, 'Invoices', {
      database: props.database,
      tableName: INVOICES_TABLE,
      description: "Providers' bills, by day, provider and model: CSV with a head.",
      storage: S3TableStorage.fromBucket(props.bucket),
      s3Prefix: `${INVOICES_PREFIX}/`,
      dataFormat: DataFormat.CSV,
      columns: INVOICE_COLUMNS.map(([name, type, comment]) => ({ name, type: Schema.custom(type), comment })),
      // Encryption is S3's own; this flag is for data that clients encrypted.
      hasEncryptedData: false,
      parameters: { 'skip.header.line.count': '1' },
    });
  }
}
