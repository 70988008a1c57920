/** Gateway keys: what they look like, and how one lies in the table. The key itself is nowhere but with its holder. */
import { LOG_LEVELS, type LogLevel } from '../core/log-level.ts';
import type { Caller } from '../core/ports.ts';
import { KEYS_PARTITION } from '../table.ts';
import {
  brokenItem,
  type Item,
  itemKey,
  number,
  readFlag,
  readNumber,
  readText,
  readTexts,
  text,
  texts,
  type Value,
} from './attributes.ts';
import { checkVersion, VERSION } from './item-version.ts';
import { TOP_PRIORITY } from './wait-plan.ts';

const PREFIX = 'sk-tg-';
/** 256 random bits in base64url. */
const KEY = /^sk-tg-[A-Za-z0-9_-]{43}$/;
const ID_CHARS = 10;
const HINT_CHARS = 4;

/** What is not even shaped like a key costs no read. */
export const looksLikeKey = (key: string): boolean => KEY.test(key);

/** `secret` is 43 characters of base64url. */
export const formatKey = (secret: string): string => PREFIX + secret;

/** `random` is base64url of which the letters and digits are taken: ids are selected with a double click. */
export function formatKeyId(random: string): string {
  return `key_${random.replaceAll(/[-_]/g, '').slice(0, ID_CHARS)}`;
}

export interface KeyOwner {
  readonly team?: string | undefined;
  readonly user?: string | undefined;
  readonly app?: string | undefined;
  readonly env?: string | undefined;
}

export const OWNER_FIELDS = ['team', 'user', 'app', 'env'] as const satisfies readonly (keyof KeyOwner)[];

export interface KeyEntry {
  readonly id: string;
  readonly owner: { readonly [F in keyof KeyOwner]: string };
  readonly models: readonly string[] | undefined;
  readonly expiresAtMs: number | undefined;
  readonly disabled: boolean;
  /** Requests may name the person that they are for. */
  readonly allowUserHeader: boolean;
  /** The highest `x-tollgate-priority` that requests may ask for; undefined = 0. */
  readonly maxPriority: number | undefined;
  /** What is kept of its requests; undefined leaves it to the model. */
  readonly log: LogLevel | undefined;
  readonly createdAt: string | undefined;
  /** The last characters of the key, to tell it by. */
  readonly hint: string | undefined;
}

export function keyItem(hash: string, key: string, entry: Omit<KeyEntry, 'hint' | 'disabled'>): Record<string, Value> {
  const owner = OWNER_FIELDS.flatMap((field) => {
    const value = entry.owner[field];
    return value === undefined ? [] : [[field, text(value)] as const];
  });
  return {
    ...itemKey({ pk: KEYS_PARTITION, sk: hash }),
    ...VERSION,
    id: text(entry.id),
    ...Object.fromEntries(owner),
    ...(entry.models === undefined ? {} : { models: texts(entry.models) }),
    ...(entry.expiresAtMs === undefined ? {} : { expires_at: number(Math.floor(entry.expiresAtMs / 1_000)) }),
    disabled: { BOOL: false },
    ...(entry.allowUserHeader ? { allow_user_header: { BOOL: true } } : {}),
    ...(entry.maxPriority === undefined ? {} : { max_priority: number(entry.maxPriority) }),
    ...(entry.log === undefined ? {} : { log: text(entry.log) }),
    ...(entry.createdAt === undefined ? {} : { created_at: text(entry.createdAt) }),
    hint: text(key.slice(-HINT_CHARS)),
  };
}

/** Throws `ledger-unavailable` that names the item and the attribute where it holds what it must not. */
export function parseKey(item: Item): KeyEntry {
  const id = item.id?.S;
  const where = `${KEYS_PARTITION} / ${id ?? item.sk?.S ?? ''}`;
  checkVersion(item, where);
  if (id === undefined || id === '') throw brokenItem(where, 'id', 'must be a string');
  const owner: { -readonly [F in keyof KeyOwner]: string } = {};
  for (const field of OWNER_FIELDS) {
    const value = readText(item, field, where);
    if (value !== undefined && value !== '') owner[field] = value;
  }
  const expiresAt = readNumber(item, 'expires_at', where);
  const maxPriority = readNumber(item, 'max_priority', where);
  if (maxPriority !== undefined && !isPriority(maxPriority)) throw brokenItem(where, 'max_priority', PRIORITY_PROBLEM);
  const log = readText(item, 'log', where);
  if (log !== undefined && !isLogLevel(log)) throw brokenItem(where, 'log', LOG_PROBLEM);
  return {
    id,
    owner,
    models: readTexts(item, 'models', where),
    expiresAtMs: expiresAt === undefined ? undefined : expiresAt * 1_000,
    disabled: readFlag(item, 'disabled', where),
    allowUserHeader: readFlag(item, 'allow_user_header', where),
    maxPriority,
    log,
    createdAt: readText(item, 'created_at', where),
    hint: readText(item, 'hint', where),
  };
}

export const isUsable = (entry: KeyEntry, nowMs: number): boolean =>
  !entry.disabled && (entry.expiresAtMs === undefined || nowMs < entry.expiresAtMs);

export function callerOf({ id, owner, models, allowUserHeader, maxPriority, log }: KeyEntry): Caller {
  return {
    keyId: id,
    ...owner,
    ...(models === undefined ? {} : { models }),
    ...(allowUserHeader ? { mayNameUser: true } : {}),
    ...(maxPriority === undefined ? {} : { maxPriority }),
    ...(log === undefined ? {} : { log }),
  };
}

export const PRIORITY_PROBLEM = `must be a whole number from 0 to ${TOP_PRIORITY}`;

export const isPriority = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= TOP_PRIORITY;

const LOG_PROBLEM = `must be one of ${LOG_LEVELS.join(', ')}`;

const isLogLevel = (text: string): text is LogLevel => LOG_LEVELS.some((level) => level === text);
