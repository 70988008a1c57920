/**
 * Which configuration is in force: the one that was applied last, where it was made over the one that is deployed, and
 * the deployed one otherwise.
 *
 * Read from the table every few seconds, beside the requests and not in front of them; only a process that has not looked
 * for long makes a request wait, and then the key is looked up at the same time. A configuration that cannot be read or is
 * broken changes nothing: the last good one stays.
 */
import { createHash } from 'node:crypto';
import type { ConfigFile } from '../adapters/config-file.ts';
import { type AppliedConfig, unpackConfig } from '../adapters/config-item.ts';
import type { ConfigStore } from '../adapters/dynamo-config.ts';
import type { Config } from '../core/config.ts';
import type { Clock } from '../core/ports.ts';
import type { Gateway } from './gateway.ts';

export interface SetupsOptions<Setup> {
  readonly clock: Clock;
  readonly store: ConfigStore;
  readonly report: Gateway['report'];
  /** Asked until it has answered once. */
  deployed(): Promise<ConfigFile>;
  build(config: Config, version: string): Setup;
}

export interface Setups<Setup> {
  current(): Promise<Setup>;
  /** What is being read beside the requests. On Lambda nothing may be left to run when an invocation ends. */
  settled(): Promise<void>;
}

/** With twice this and a read of two seconds, what was applied is in force within 15 s. */
const LOOK_AGAIN_MS = 5_000;
const MOST_OLD_MS = 12_000;

interface Known<Setup> {
  readonly setup: Setup;
  /** Of what; a number may hold another text after an edit by hand. */
  readonly identity: string;
}

export function createSetups<Setup>({ clock, store, report, deployed, build }: SetupsOptions<Setup>): Setups<Setup> {
  let known: Known<Setup> | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<Setup> | undefined;
  let reported: string | undefined;
  let deployedFile: Promise<ConfigFile> | undefined;

  /** Once for each trouble, not with every look. */
  const complain = (identity: string, level: 'warn' | 'error', message: string, fields: object): void => {
    if (reported === identity) return;
    reported = identity;
    report(level, message, { ...fields });
  };

  const use = (config: Config, version: string, identity: string): Known<Setup> =>
    known?.identity === identity ? known : { identity, setup: build(config, version) };

  /** Nothing is wrong: what was reported may come again, and is worth another line then. */
  const useGladly: typeof use = (config, version, identity) => {
    reported = undefined;
    return use(config, version, identity);
  };

  const unpacked = (applied: AppliedConfig, identity: string): Config | undefined => {
    if (applied.body === undefined) return undefined;
    try {
      return unpackConfig(applied.body);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const { version } = applied;
      complain(identity, 'error', 'An applied configuration is broken; the last good one stays in force.', {
        metric: 'BrokenConfig',
        version,
        reason,
      });
      return undefined;
    }
  };

  /** The newest that is whole, where nothing is known yet: a process that starts must not run on less than its elders. */
  const olderOne = async (broken: AppliedConfig, file: ConfigFile): Promise<Known<Setup>> => {
    const older = await store.read(broken.version - 1).catch(() => undefined);
    const identity = older === undefined ? '' : identityOf(older);
    const config = older === undefined || older.base !== file.version ? undefined : unpacked(older, identity);
    if (older === undefined || config === undefined) return use(file.config, file.version, file.version);
    return use(config, `v${older.version}`, identity);
  };

  const look = async (): Promise<Known<Setup>> => {
    deployedFile ??= deployed().catch((error: unknown) => {
      // The next request tries again: what failed to load once must not fail for the life of the process.
      deployedFile = undefined;
      throw error;
    });
    // Beside the file, which is checked when it is read: both are in front of a first request.
    const reading = store.read();
    reading.catch(() => undefined);
    const file = await deployedFile;
    let applied: AppliedConfig | undefined;
    try {
      applied = await reading;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      complain(reason, 'warn', 'The applied configuration cannot be read; what is in force stays.', { reason });
      return known ?? use(file.config, file.version, file.version);
    }
    if (applied?.body === undefined) return useGladly(file.config, file.version, file.version);
    if (applied.base !== file.version) {
      const { version, base } = applied;
      const fields = { version, base, deployed: file.version };
      complain(
        identityOf(applied),
        'warn',
        'Another configuration was deployed since one was applied: the deployed one is in force.',
        fields,
      );
      return use(file.config, file.version, file.version);
    }
    const identity = identityOf(applied);
    if (known?.identity === identity) return known;
    const config = unpacked(applied, identity);
    if (config === undefined) return known ?? olderOne(applied, file);
    return useGladly(config, `v${applied.version}`, identity);
  };

  const lookOnce = (): Promise<Setup> => {
    const askedAtMs = clock.now();
    looking ??= look()
      .then((found) => {
        known = found;
        return found.setup;
      })
      .finally(() => {
        // Also after a failure: while the table is away nobody is to wait for it with every request.
        lookedAtMs = askedAtMs;
        looking = undefined;
      });
    return looking;
  };

  return {
    async current() {
      const ageMs = clock.now() - lookedAtMs;
      if (known === undefined || ageMs >= MOST_OLD_MS) return lookOnce();
      if (ageMs >= LOOK_AGAIN_MS) lookOnce().catch(() => undefined);
      return known.setup;
    },
    async settled() {
      await looking?.catch(() => undefined);
    },
  };
}

function identityOf({ version, body }: AppliedConfig): string {
  return `v${version} ${createHash('sha256')
    .update(body ?? '')
    .digest('base64url')}`;
}
