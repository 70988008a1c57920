/** What CloudWatch takes as metrics, from the JSON schema in the specification of its embedded format. */
import * as z from 'zod';

const UNITS =
  /^(Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|((Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Count)\/Second)|None)$/;

const schema = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int(),
    CloudWatchMetrics: z
      .array(
        z.strictObject({
          Namespace: z.string().min(1).max(1024),
          Dimensions: z.array(z.array(z.string().min(1).max(250)).max(30)).min(1),
          Metrics: z
            .array(
              z.strictObject({
                Name: z.string().min(1).max(1024),
                Unit: z.string().regex(UNITS).optional(),
                StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
              }),
            )
            .min(1)
            .max(100),
        }),
      )
      .min(1),
  }),
});

export interface MetricLine {
  readonly metrics: { readonly [name: string]: number };
  readonly dimensions: { readonly [name: string]: string };
}

/** Throws where the line is none, or says a metric or a dimension that it has no value for. */
export function parseMetricLine(line: string): MetricLine {
  const document = schema.parse(JSON.parse(line));
  if (Buffer.byteLength(line) > 256 * 1024) throw new Error('A line may have 256 kB.');
  const metrics: Record<string, number> = {};
  const dimensions: Record<string, string> = {};
  for (const { Metrics, Dimensions } of document._aws.CloudWatchMetrics) {
    for (const { Name } of Metrics) metrics[Name] = z.number().parse(document[Name]);
    for (const name of Dimensions.flat()) dimensions[name] = z.string().min(1).max(1024).parse(document[name]);
  }
  return { metrics, dimensions };
}
