/** What `POST /v1/feedback` leaves in the log. Types and names as in row.ts. */
export const FEEDBACK_COLUMNS = [
  ['feedback_id', 'string', 'Its own id. Firehose delivers at least once: deduplicate by it.'],
  ['request_id', 'string', 'The request that is judged: request_id in requests.'],
  ['received_at', 'timestamp', 'UTC. Of several for one request and label the last one stands.'],
  ['key_id', 'string', 'The key that asked, and judges.'],
  ['score', 'double', "How good the answer was; the scale is the caller's own."],
  ['label', 'string', 'What was judged, where the caller judges several things.'],
  ['comment', 'string', 'In words.'],
  ['gateway_version', 'string', 'Version of Tollgate.'],
] as const;

export interface FeedbackRow {
  readonly feedback_id: string;
  readonly request_id: string;
  /** `yyyy-MM-dd HH:mm:ss.SSS` */
  readonly received_at: string;
  readonly key_id: string;
  readonly score: number;
  readonly label: string | null;
  readonly comment: string | null;
  readonly gateway_version: string;
}
