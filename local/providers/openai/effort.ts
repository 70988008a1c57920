/** Tokens of thought by effort: less than the real ones take, in the same order. */
export const EFFORT: { readonly [effort: string]: number } = {
  none: 0,
  minimal: 8,
  low: 32,
  medium: 96,
  high: 192,
  xhigh: 256,
  max: 320,
};

/** Models that think take some parameters under other names, and know some that others do not. */
export const REASONING_MODEL = /^(o\d|gpt-5)/;
