/** Whether a key comes for the first time. Forgets the oldest, so that a long run does not grow. */
export interface FirstTimes {
  isFirst(key: string): boolean;
}

export function createFirstTimes(capacity = 10_000): FirstTimes {
  const seen = new Set<string>();
  return {
    isFirst(key) {
      if (seen.has(key)) return false;
      seen.add(key);
      if (seen.size > capacity) for (const oldest of seen.values().take(1)) seen.delete(oldest);
      return true;
    },
  };
}
