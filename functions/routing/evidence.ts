/** What one process has seen of a target lately: of the last minute, in slices that are forgotten one by one. */
export interface Evidence {
  /** Failures in a row. */
  readonly inRow: number;
  /** When it answered last; 0: never. */
  readonly wellAtMs: number;
  readonly slices: readonly Slice[];
}

interface Slice {
  readonly id: number;
  readonly requests: number;
  readonly failed: number;
}

const SLICE_MS = 10_000;
const SLICES = 6;

export const NO_EVIDENCE: Evidence = { inRow: 0, wellAtMs: 0, slices: [] };

export function seeAnswer(evidence: Evidence, nowMs: number): Evidence {
  return { inRow: 0, wellAtMs: nowMs, slices: add(evidence.slices, nowMs, 1, 0) };
}

/** `wasCounted`: as an answer, before it broke off. */
export function seeFailure(evidence: Evidence, nowMs: number, wasCounted = false): Evidence {
  const slices = add(evidence.slices, nowMs, wasCounted ? 0 : 1, 1);
  return { ...evidence, inRow: evidence.inRow + 1, slices };
}

export function lastMinute({ slices }: Evidence, nowMs: number): Omit<Slice, 'id'> {
  const kept = slices.filter(isRecent(nowMs));
  return {
    requests: kept.reduce((sum, { requests }) => sum + requests, 0),
    failed: kept.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const isRecent = (nowMs: number) => {
  const oldest = Math.floor(nowMs / SLICE_MS) - SLICES;
  return ({ id }: Slice): boolean => id > oldest;
};

function add(slices: readonly Slice[], nowMs: number, requests: number, failed: number): readonly Slice[] {
  const id = Math.floor(nowMs / SLICE_MS);
  const last = slices.at(-1);
  if (last?.id === id) {
    return [...slices.slice(0, -1), { id, requests: last.requests + requests, failed: last.failed + failed }];
  }
  return [...slices.filter(isRecent(nowMs)), { id, requests, failed }];
}
