/** How many inputs a fuzz tries of each kind: a short form, and 10,000 by `npm run test:long -- fuzz`. */
export const FUZZ_RUNS = Number(process.env.TOLLGATE_FUZZ_RUNS ?? 1_000);
