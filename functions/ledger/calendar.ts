/** Days and months where a scope lives: by the clock on the wall there, whatever its government does to it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

export const UTC = 'UTC';

/** Making a formatter takes 50 µs, using it one: they are kept. Undefined where there is no such zone. */
function formatterOf(zone: string): Intl.DateTimeFormat | undefined {
  const made = formatters.get(zone);
  if (made !== undefined) return made;
  try {
    const options = { timeZone: zone, calendar: 'iso8601', year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    const formatter = new Intl.DateTimeFormat('en-CA', options);
    formatters.set(zone, formatter);
    return formatter;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** IANA names. Offsets such as `+02:00`, which Intl would take, know no summer time: whoever types one means a place. */
export const isTimeZone = (zone: string): boolean => !/^[+-]/.test(zone) && formatterOf(zone) !== undefined;

/** `2026-11-23`. */
export function dayAt(nowMs: number, zone = UTC): string {
  if (zone === UTC) return new Date(nowMs).toISOString().slice(0, 10);
  const parts = formatterOf(zone)?.formatToParts(nowMs) ?? [];
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** `2026-11`. */
export const monthAt = (nowMs: number, zone = UTC): string => dayAt(nowMs, zone).slice(0, 7);

export function dayStartsAtMs(day: string, zone = UTC): number {
  const [year, month, date] = split(day);
  return startOf(day, Date.UTC(year, month - 1, date), zone);
}

export function dayEndsAtMs(day: string, zone = UTC): number {
  const [year, month, date] = split(day);
  return dayStartsAtMs(dayAt(Date.UTC(year, month - 1, date + 1)), zone);
}

export const monthStartsAtMs = (id: string, zone = UTC): number => dayStartsAtMs(`${id}-01`, zone);

export function monthEndsAtMs(id: string, zone = UTC): number {
  const [year, month] = split(id);
  return dayStartsAtMs(dayAt(Date.UTC(year, month, 1)), zone);
}

export const isDay = (id: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(id);
export const isMonth = (id: string): boolean => /^\d{4}-\d{2}$/.test(id);

/** No place is further from UTC than 14 hours. */
const MOST_OFFSET_MS = 15 * 3_600_000;

/** The first instant that belongs to the day: not always midnight, which some changes of the clock leave out. */
function startOf(day: string, midnightUtcMs: number, zone: string): number {
  if (zone === UTC) return midnightUtcMs;
  let before = midnightUtcMs - MOST_OFFSET_MS;
  let within = midnightUtcMs + MOST_OFFSET_MS;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (dayAt(middle, zone) < day) before = middle;
    else within = middle;
  }
  return within;
}

function split(id: string): readonly [year: number, month: number, date: number] {
  const [year = Number.NaN, month = Number.NaN, date = Number.NaN] = id.split('-').map(Number);
  return [year, month, date];
}
