import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { holdBack, holdLimits, MOST_HELD_CHARS } from '../../../functions/gateway/hold.ts';

interface Stage {
  /** Pieces that came, whoever looked. */
  read: number;
  closed: boolean;
}

function watchOf(stage: Stage, tokensEach: number) {
  return {
    get hasContent() {
      return stage.read > 1;
    },
    outputTokens: () => stage.read * tokensEach,
  };
}

/** The first piece is no content. */
async function* source(stage: Stage, pieces: readonly (string | Error | number)[]): AsyncGenerator<string> {
  try {
    for (const piece of pieces) {
      if (typeof piece === 'number') {
        await sleep(piece);
        continue;
      }
      if (piece instanceof Error) throw piece;
      stage.read += 1;
      yield piece;
    }
  } finally {
    stage.closed = true;
  }
}

async function rest(pieces: AsyncGenerator<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

const none = () => {};

describe('what is held back', () => {
  it.each([
    ['none', { rescue: 'none' }, { ms: 0, tokens: 0 }],
    ['buffer', { rescue: 'buffer' }, { ms: Number.POSITIVE_INFINITY, tokens: Number.POSITIVE_INFINITY }],
    ['hold, as it is by default', { rescue: 'hold' }, { ms: 2_000, tokens: 64 }],
    ['hold by time', { rescue: 'hold', hold: { ms: 500 } }, { ms: 500, tokens: Number.POSITIVE_INFINITY }],
    ['hold by tokens', { rescue: 'hold', hold: { tokens: 9 } }, { ms: Number.POSITIVE_INFINITY, tokens: 9 }],
    ['hold by both', { rescue: 'hold', hold: { ms: 500, tokens: 9 } }, { ms: 500, tokens: 9 }],
  ] as const)('%s', (_name, settings, limits) => {
    expect(holdLimits(settings)).toEqual(limits);
  });
});

describe('holding', () => {
  it('ends with the first content where nothing is held', async () => {
    const stage = { read: 0, closed: false };
    const seen: string[] = [];
    const held = await holdBack(source(stage, ['start ', 'one ', 'two']), {
      limits: holdLimits({ rescue: 'none' }),
      watch: watchOf(stage, 1),
      onContent: () => seen.push('content'),
    });
    expect([held.head, stage.read, seen]).toEqual(['start one ', 2, ['content']]);
    expect(await rest(held.rest)).toBe('two');
  });

  it('ends with so many tokens', async () => {
    const stage = { read: 0, closed: false };
    const limits = { ms: Number.POSITIVE_INFINITY, tokens: 6 };
    const held = await holdBack(source(stage, ['a', 'b', 'c', 'd']), {
      limits,
      watch: watchOf(stage, 2),
      onContent: none,
    });
    expect([held.head, await rest(held.rest)]).toEqual(['abc', 'd']);
  });

  it('ends after so long, in the middle of a silence, and goes on behind it', async () => {
    const stage = { read: 0, closed: false };
    const limits = { ms: 30, tokens: 100 };
    const held = await holdBack(source(stage, ['a', 'b', 200, 'c']), {
      limits,
      watch: watchOf(stage, 1),
      onContent: none,
    });
    expect([held.head, stage.read]).toEqual(['ab', 2]);
    expect(await rest(held.rest)).toBe('c');
    expect(stage.closed).toBe(true);
  });

  it('lets a failure within it out before anything has gone out, and one behind it after', async () => {
    const broken = new Error('cut');
    const limits = holdLimits({ rescue: 'buffer' });
    const early = { read: 0, closed: false };
    const options = { limits, watch: watchOf(early, 1), onContent: none };
    await expect(holdBack(source(early, ['a', 'b', broken]), options)).rejects.toBe(broken);
    const late = { read: 0, closed: false };
    const held = await holdBack(source(late, ['a', 'b', 60, broken]), {
      limits: { ms: 10, tokens: 100 },
      watch: watchOf(late, 1),
      onContent: none,
    });
    await expect(rest(held.rest)).rejects.toBe(broken);
  });

  it('ends where more would have to be held than may be', async () => {
    const stage = { read: 0, closed: false };
    const piece = 'x'.repeat(1024 * 1024);
    const held = await holdBack(
      source(
        stage,
        Array.from({ length: 20 }, () => piece),
      ),
      {
        limits: holdLimits({ rescue: 'buffer' }),
        watch: watchOf(stage, 1),
        onContent: none,
      },
    );
    expect(held.isFull).toBe(true);
    expect(held.head.length).toBeLessThanOrEqual(MOST_HELD_CHARS + piece.length);
    expect(stage.read).toBe(5);
    expect((await rest(held.rest)).length + held.head.length).toBe(20 * piece.length);
  });

  it('lets go of a source that nobody reads on', async () => {
    const stage = { read: 0, closed: false };
    const limits = { ms: 10, tokens: 100 };
    const held = await holdBack(source(stage, ['a', 'b', 40, 'c', 'd']), {
      limits,
      watch: watchOf(stage, 1),
      onContent: none,
    });
    await held.rest.next();
    await held.rest.return(undefined);
    expect(stage.closed).toBe(true);
  });
});
