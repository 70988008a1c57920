/** The stack's outputs: how the command line finds what belongs to a deployment. */
export const OUTPUTS = {
  url: 'Url',
  table: 'Table',
  requestStream: 'RequestStream',
  feedbackStream: 'FeedbackStream',
  logBucket: 'LogBucket',
  database: 'Database',
  workgroup: 'Workgroup',
  secretPrefix: 'SecretPrefix',
  alarmTopic: 'AlarmTopic',
  configVersion: 'ConfigVersion',
} as const;
