import { REQUESTS_DATABASE } from '../functions/records/row.ts';

/** Names that people and commands use. Everything else is named by CloudFormation, so that two stages never collide. */
export interface StageNames {
  readonly stack: string;
  /** Secrets are `PREFIX/NAME`, the workgroup is `PREFIX`. */
  readonly prefix: string;
  /** Glue allows letters, digits and "_" where queries are not to quote. */
  readonly database: string;
}

export function stageNames(stage: string | undefined): StageNames {
  if (stage === undefined) return { stack: 'Tollgate', prefix: 'tollgate', database: REQUESTS_DATABASE };
  return {
    stack: `Tollgate-${stage}`,
    prefix: `tollgate-${stage}`,
    database: `${REQUESTS_DATABASE}_${stage.replaceAll('-', '_')}`,
  };
}

/** Where records go that are no row: kept apart from the rows. */
export const ERRORS_PREFIX = 'errors';
/** Those of the content log go when it does. */
export const CONTENT_ERRORS_PREFIX = 'errors-contents';
