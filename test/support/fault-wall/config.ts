/** The configuration of the wall: an alias for each run, whose targets are nobody else's. */
import type { ClientDialect, Dialect } from '../../../functions/core/chat.ts';
import type { Run } from './runs.ts';
import { FLAPPING, type Scenario } from './scenarios.ts';

/**
 * What the gateway is told, in real length. Idle is well under the default of 30 s, so that a stall of 30 s is one, in
 * scaled time too: undici's clock of silence ticks twice a second.
 */
const TIMEOUTS = { firstTokenMs: 30_000, idleMs: 10_000, totalMs: 120_000 };
const PING_MS = 15_000;
export const ATTEMPTS = 3;
const TOKENS = 60;

/** A second takes a twentieth, unless it is real. */
const SCALE = 20;

export interface Times {
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
  readonly pingMs: number;
  scaled(ms: number): number;
}

export function createTimes(real: boolean): Times {
  const scaled = (ms: number): number => Math.round(real ? ms : ms / SCALE);
  const [firstTokenMs, idleMs, totalMs] = [TIMEOUTS.firstTokenMs, TIMEOUTS.idleMs, TIMEOUTS.totalMs].map(scaled) as [
    number,
    number,
    number,
  ];
  return { firstTokenMs, idleMs, totalMs, pingMs: scaled(PING_MS), scaled };
}

/** Nobody waits in a long answer: it takes as long as it takes, whatever the scale. */
export function timesOf({ chars }: Pick<Scenario, 'chars'>, times: Times): Times {
  return chars === undefined ? times : createTimes(true);
}

const MODELS: { readonly [D in Dialect]: string } = {
  'openai-chat': 'gpt-5-mini',
  'openai-responses': 'gpt-5-mini',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash-lite',
  'bedrock-converse': 'anthropic.claude-sonnet-4-5-20250929-v1:0',
};

/** Without keys, so that the simulated providers stand in for them. */
const PROVIDERS: { readonly [D in Dialect]: object } = {
  'openai-chat': { baseUrl: 'https://api.openai.com/v1', secret: 'openai' },
  'openai-responses': { baseUrl: 'https://api.openai.com/v1', secret: 'openai' },
  'anthropic-messages': { baseUrl: 'https://api.anthropic.com', secret: 'anthropic' },
  gemini: { baseUrl: 'https://generativelanguage.googleapis.com/v1beta', secret: 'gemini' },
  'bedrock-converse': { region: 'us-east-1' },
};

export function flappingAlias(client: ClientDialect): string {
  return `${FLAPPING.id}-${client}`;
}

export interface WallSites {
  /** Of a server whose certificate nobody trusts. */
  readonly tls: string;
}

export function configure(runs: readonly Run[], flapping: readonly ClientDialect[], times: Times, sites: WallSites) {
  const settingsOf = ({ firstTokenMs, idleMs, totalMs }: Times) => ({
    attempts: ATTEMPTS,
    timeouts: { connectMs: 3_000, firstTokenMs, idleMs, totalMs },
  });
  const target = (provider: Dialect, words: readonly string[], at = 'simulated') => ({
    provider: `${at}-${provider}`,
    model: `${MODELS[provider]}@fast+${words.filter((word) => word !== '').join('+')}`,
  });
  const models = runs.map(({ id, scenario, provider, fallback }) => {
    const words = [`tokens-${TOKENS}`, withTimes(scenario.fault, times), `run-${id}`];
    const second = [`tokens-${TOKENS}`, lengthOf(scenario.fault), scenario.fallbackFault ?? '', `run-${id}-second`];
    return {
      id,
      first: target(provider, words, scenario.at),
      second: fallback === undefined ? [] : [target(fallback, second)],
      scenario,
    };
  });
  const phaseMs = times.scaled(FLAPPING.phaseMs);
  return {
    providers: Object.fromEntries(
      Object.entries(PROVIDERS).flatMap(([dialect, settings]) => [
        [`simulated-${dialect}`, { dialect, ...settings }],
        [`tls-${dialect}`, { dialect, baseUrl: sites.tls, region: 'us-east-1', auth: 'none' }],
        // RFC 2606: no resolver has it.
        [`dns-${dialect}`, { dialect, baseUrl: 'http://provider.invalid', region: 'us-east-1', auth: 'none' }],
      ]),
    ),
    models: {
      ...Object.fromEntries(
        models.map(({ id, first, second, scenario }) => [
          id,
          { targets: [first], fallbacks: second, ...settingsOf(timesOf(scenario, times)), ...scenario.settings },
        ]),
      ),
      ...Object.fromEntries(
        flapping.map((client) => [
          flappingAlias(client),
          {
            targets: [target(client, [`flapping-${phaseMs}`, `tokens-${TOKENS}`, `run-${client}`])],
            fallbacks: [target('bedrock-converse', [`tokens-${TOKENS}`, `run-${client}-second`])],
            ...settingsOf(times),
          },
        ]),
      ),
    },
    capabilities: models
      .filter(({ scenario }) => scenario.smallWindow === true)
      .flatMap(({ first, second }) => [
        { ...first, contextTokens: 64_000 },
        ...second.map((item) => ({ ...item, contextTokens: 1_000_000 })),
      ]),
    prices: Object.keys(PROVIDERS).flatMap((dialect) =>
      ['simulated', 'tls', 'dns'].map((at) => ({ provider: `${at}-${dialect}`, model: '*', input: 0.1, output: 0.4 })),
    ),
  };
}

/** `{20s}` in milliseconds. */
function withTimes(fault: string, times: Times): string {
  return fault.replace(/\{(\d+)s\}/g, (_, seconds: string) => String(times.scaled(Number(seconds) * 1_000)));
}

/** Both targets give answers of the same length. */
function lengthOf(fault: string): string {
  return fault.startsWith('wide-') ? fault : '';
}

export { TOKENS };
