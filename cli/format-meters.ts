/** Meters for people: what is used beside what is allowed. */
import type { MeterReport } from '../functions/adapters/meter-admin.ts';
import { bar, formatCount, formatTable } from './table.ts';

interface Gauge {
  readonly name: string;
  /** Undefined where the ledger does not count, because nothing limits it. */
  readonly used: number | undefined;
  readonly limit: number | undefined;
  readonly format: (value: number) => string;
}

const BAR_CELLS = 20;
const UNCOUNTED = '–';

export function formatMeter(report: MeterReport): string {
  if (report.problem !== undefined) return `${report.scope}\n\n${report.problem}`;
  const rows = gauges(report).map(({ name, used, limit, format }) => [
    name,
    used === undefined ? UNCOUNTED : format(used),
    limit === undefined ? 'no limit' : format(limit),
    limit === undefined ? '' : `${percent(share(used, limit))} ${bar(share(used, limit), BAR_CELLS)}`,
  ]);
  const columns = [
    { title: report.scope },
    { title: 'used', align: 'right' as const },
    { title: 'limit', align: 'right' as const },
    { title: 'share' },
  ];
  return [formatTable(columns, rows), ...notes(report)].join('\n');
}

export function formatMeters(reports: readonly MeterReport[], width: number | undefined): string {
  const titles = ['requests/min', 'tokens/min', 'at once', 'USD today', 'USD this month'];
  const columns = [
    { title: 'scope' },
    ...titles.map((title) => ({ title, align: 'right' as const })),
    { title: 'tightest' },
  ];
  const rows = reports.map((report) => {
    if (report.problem !== undefined) return [report.scope, ...titles.map(() => '?'), report.problem];
    const all = gauges(report);
    const tightest = Math.max(-1, ...all.flatMap(({ used, limit }) => (limit === undefined ? [] : share(used, limit))));
    const cells = all.map(({ used, limit, format }) => {
      if (used === undefined) return UNCOUNTED;
      return limit === undefined ? format(used) : `${format(used)} of ${format(limit)}`;
    });
    return [report.scope, ...cells, tightest < 0 ? '' : `${percent(tightest)} ${bar(tightest, BAR_CELLS / 2)}`];
  });
  return formatTable(columns, rows, { width });
}

function gauges({ scope, limits, minute, day, month, inFlight, timeZone }: MeterReport): readonly Gauge[] {
  const { limit_rpm: rpm, limit_tpm: tpm, limit_parallel: parallel } = limits;
  // Requests are charged to the minute where a rate is limited, and marked as in flight where anything is.
  const rated = rpm !== undefined || tpm !== undefined;
  const open = Object.keys(limits).length > 0 || inFlight.length > 0 ? inFlight.length : undefined;
  // Of a provider without limits only some requests are counted: a sum of those would be taken for the whole.
  const whole = !scope.startsWith('provider:') || Object.keys(limits).length > 0;
  const spent = (usd: number): number | undefined => (whole ? usd : undefined);
  return [
    { name: 'requests, last minute', used: rated ? minute.requests : undefined, limit: rpm, format: formatCount },
    { name: 'tokens, last minute', used: rated ? minute.tokens : undefined, limit: tpm, format: formatCount },
    { name: 'requests at once', used: open, limit: parallel, format: formatCount },
    { name: `USD, ${day.id} (${timeZone})`, used: spent(day.usd), limit: limits.budget_day_usd, format: formatUsd },
    {
      name: `USD, ${month.id} (${timeZone})`,
      used: spent(month.usd),
      limit: limits.budget_month_usd,
      format: formatUsd,
    },
  ];
}

function notes(report: MeterReport): readonly string[] {
  const { scope, inherited, shards } = report;
  const names = Object.keys(inherited);
  return [
    ...(names.length === 0 ? [] : ['', `From ${scope.split(':')[0]}:*, for want of its own: ${names.join(', ')}.`]),
    ...(shards === 1 ? [] : ['', `Spread over ${shards} shards.`]),
    ...inFlightNotes(report),
  ];
}

function inFlightNotes({ reservedUsd, inFlight }: MeterReport): readonly string[] {
  if (inFlight.length === 0) return [];
  const abandoned = inFlight.filter((request) => request.abandoned).length;
  return [
    '',
    `In flight: ${inFlight.length}, for which ${formatUsd(reservedUsd)} USD of the above is reserved as the most they can cost.`,
    ...(abandoned === 0 ? [] : [`Of these, ${abandoned} will not come back: their process has died.`]),
  ];
}

/** A limit of 0 admits nothing: it is used up from the start. */
const share = (used: number | undefined, limit: number): number => (limit === 0 ? 1 : (used ?? 0) / limit);

const percent = (value: number): string => `${Math.round(value * 100)}%`.padStart(4);

/** To the cent, or as many digits as there are: one request costs thousandths of a cent. */
function formatUsd(usd: number): string {
  return usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 });
}
