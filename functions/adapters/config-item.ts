/** A configuration as it lies in the table: checked, with every default filled in, as compressed JSON. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Config, parseConfig } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import { itemKey } from '../ledger/attributes.ts';
import { checkVersion, VERSION } from '../ledger/item-version.ts';
import { configKey } from '../table.ts';

export type ConfigAttributes = Record<string, AttributeValue>;

export interface AppliedConfig {
  /** 1, 2, 3, … */
  readonly version: number;
  /** The version of the deployed configuration over which it was applied: over another one it means nothing. */
  readonly base: string;
  readonly appliedAt: string;
  /** The version whose copy it is, where somebody went back; 0 is the deployed configuration. */
  readonly copyOf: number | undefined;
  /** Where it came from, for people. */
  readonly note: string | undefined;
  /** Compressed; undefined where it says that the deployed configuration is in force. */
  readonly body: Uint8Array | undefined;
  /** As it was written, where what is in force differs from it. */
  readonly source: Uint8Array | undefined;
}

/** DynamoDB takes items of 400 kB. */
const MOST_BYTES = 350_000;
/** Of a text that somebody else has compressed. */
const MOST_JSON_BYTES = 16 * 1024 * 1024;

/** Throws `invalid-request` where it is too large for the table. */
export function packConfig(config: Config): Uint8Array {
  const bytes = gzipSync(JSON.stringify(config));
  if (bytes.length <= MOST_BYTES) return bytes;
  const kilobytes = Math.ceil(bytes.length / 1_000);
  throw new GatewayError('invalid-request', `The configuration is too large: ${kilobytes} kB compressed, at most 350.`);
}

/** Throws an error that says what is wrong. */
export function unpackConfig(body: Uint8Array): Config {
  const text = gunzipSync(body, { maxOutputLength: MOST_JSON_BYTES }).toString('utf8');
  const result = parseConfig(JSON.parse(text));
  if (result.ok) return result.config;
  const [problem] = result.problems;
  throw new Error(`it is wrong at ${problem?.path}: ${problem?.message}`);
}

export function configItem(
  applied: AppliedConfig,
  key: { readonly pk: string; readonly sk: string },
): ConfigAttributes {
  const { version, base, appliedAt, copyOf, note, body, source } = applied;
  return {
    ...itemKey(key),
    ...VERSION,
    version: { N: String(version) },
    base: { S: base },
    applied_at: { S: appliedAt },
    ...(copyOf === undefined ? {} : { copy_of: { N: String(copyOf) } }),
    ...(note === undefined ? {} : { note: { S: note } }),
    ...(body === undefined ? {} : { body: { B: body } }),
    ...(source === undefined ? {} : { source: { B: source } }),
  };
}

/** Throws `ledger-unavailable` that names the item, where it is not of the shape that this version knows. */
export function parseConfigItem(item: ConfigAttributes): AppliedConfig {
  const version = Number(item.version?.N);
  const copyOf = item.copy_of === undefined ? undefined : Number(item.copy_of.N);
  const { base, applied_at: appliedAt, note, body, source } = item;
  const where = `${configKey().pk} / ${item.sk?.S}`;
  const wrong = (problem: string): GatewayError =>
    new GatewayError('ledger-unavailable', `The item ${where} ${problem}.`);
  checkVersion(item, where);
  if (!Number.isSafeInteger(version) || version < 1) throw wrong('is broken: "version" must be a whole number');
  if (base?.S === undefined) throw wrong('is broken: "base" must be a string');
  if (body !== undefined && body.B === undefined) throw wrong('is broken: "body" must be binary');
  if (Number.isNaN(copyOf)) throw wrong('is broken: "copy_of" must be a number');
  return {
    version,
    base: base.S,
    appliedAt: appliedAt?.S ?? '',
    copyOf,
    note: note?.S,
    body: body?.B,
    source: source?.B,
  };
}
