/** Every run of the wall: a scenario, seen by one client, streamed or whole, with or without another target. */
import { type ClientDialect, DIALECTS, type Dialect } from '../../../functions/core/chat.ts';
import { FLAPPING, SCENARIOS, type Scenario, type Sight } from './scenarios.ts';

export const CLIENT_DIALECTS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
] as const satisfies readonly ClientDialect[];

export interface Run {
  /** The alias that is asked for, too. */
  readonly id: string;
  readonly scenario: Scenario;
  readonly client: ClientDialect;
  /** Of the target that fails. */
  readonly provider: Dialect;
  readonly fallback: Dialect | undefined;
  readonly streamed: boolean;
  readonly expected: Sight;
}

export interface Selection {
  /** Ids of scenarios; all where there are none. */
  readonly only?: readonly string[];
  readonly dialects?: readonly ClientDialect[];
  /**
   * Every scenario once for each client, streamed and whole: half of them with another target, and at a provider of the
   * client's own dialect or of another in turn. Otherwise all of that.
   */
  readonly short?: boolean;
  /** Times as they are told, instead of a twentieth. */
  readonly real?: boolean;
}

export function selectRuns({
  only = [],
  dialects = CLIENT_DIALECTS,
  short = false,
  real = false,
}: Selection): readonly Run[] {
  const scenarios = SCENARIOS.filter(({ id }) => only.length === 0 || only.includes(id));
  let number = 0;
  return scenarios.flatMap((scenario) =>
    dialects.flatMap((client) => {
      const position = SCENARIOS.indexOf(scenario) + CLIENT_DIALECTS.indexOf(client);
      const others = DIALECTS.filter((dialect) => dialect !== client);
      const other = others[position % others.length] ?? client;
      const variants = [
        { provider: client, isBacked: true },
        { provider: other, isBacked: false },
        { provider: other, isBacked: true },
        { provider: client, isBacked: false },
      ];
      const chosen = short ? [variants[position % variants.length] ?? variants[0]] : variants;
      // 50 MB take their time, and a client of their own dialect is as good as another.
      const played = short && scenario.id === 'large' && client !== 'openai-chat' ? [] : chosen;
      return played.flatMap((variant) =>
        [true, false].map((streamed): Run => {
          if (variant === undefined) throw new Error('There are variants.');
          const { provider, isBacked } = variant;
          number += 1;
          const fallback = isBacked ? (provider === client ? other : client) : undefined;
          const expected = isBacked ? scenario.backed(provider) : scenario.alone(provider, real);
          return {
            id: `${scenario.id}-${number}`,
            scenario,
            client,
            provider,
            fallback,
            streamed,
            expected:
              streamed && client === provider && client === scenario.unreadable
                ? 'unreadable'
                : expected[streamed ? 'streamed' : 'whole'],
          };
        }),
      );
    }),
  );
}

/** Clients whose requests meet a target that is well and down in turn; none where others are asked for. */
export function flappingClients({ only = [], dialects = CLIENT_DIALECTS }: Selection): readonly ClientDialect[] {
  return only.length === 0 || only.includes(FLAPPING.id) ? dialects : [];
}
