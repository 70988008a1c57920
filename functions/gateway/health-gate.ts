/** One request's way past the health of targets: who may be asked, and what is told of how it went. */
import type { BreakerConfig } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { UpstreamTarget } from '../core/ports.ts';
import { targetName } from '../routing/target-name.ts';
import type { Gateway } from './gateway.ts';
import type { Pass } from './target-health.ts';
import { passOver, type Trace } from './trace.ts';

export interface HealthGate {
  /** Begins to ask for the lease of a probe, where the target needs one, beside other work. */
  prepare(target: UpstreamTarget): void;
  /** Throws `no-target` where the target must be left alone by now. */
  enter(target: UpstreamTarget): Promise<void>;
  ended(target: UpstreamTarget, error: GatewayError | undefined, renewed: boolean): void;
  /** After it had answered. */
  broke(target: UpstreamTarget, error: GatewayError): void;
  /** The request is over: leases that were not used are given back. */
  leave(): void;
}

export interface HealthGateInput {
  readonly gateway: Pick<Gateway, 'health' | 'clock' | 'wait'>;
  readonly trace: Trace;
  readonly breaker: BreakerConfig;
  /** How long a probe may take before another one may go out. */
  readonly leaseMs: number;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** Failover has waited for what a provider asked for, and the pause is over a few milliseconds later. */
const BRIEF_MS = 100;

export function createHealthGate({ gateway, trace, breaker, leaseMs, signal }: HealthGateInput): HealthGate {
  const { health, clock } = gateway;
  const passes = new Map<UpstreamTarget, Promise<Pass>>();
  const leases = new Map<UpstreamTarget, number>();
  let answering: UpstreamTarget | undefined;

  const ask = (target: UpstreamTarget): Promise<Pass> => health.enter(targetName(target), leaseMs);
  /** What is told is written behind the answer, but before the invocation ends: afterwards nothing runs. */
  const tell = (work: Promise<void>): void => {
    trace.after.push(() => work);
  };
  const sentAtMs = (): number => trace.attempts.at(-1)?.startedAtMs ?? clock.now();

  return {
    prepare(target) {
      if (health.isDue(targetName(target))) passes.set(target, ask(target));
    },

    async enter(target) {
      // Whoever holds the lease may go on, e.g. with another key.
      if (leases.has(target)) return;
      let pass = await (passes.get(target) ?? ask(target));
      const leftMs = 'blockedUntilMs' in pass ? pass.blockedUntilMs - clock.now() : 0;
      if (leftMs > 0 && leftMs <= BRIEF_MS) {
        await gateway.wait(leftMs, signal);
        pass = await ask(target);
      }
      passes.delete(target);
      if ('blockedUntilMs' in pass) {
        const { blockedUntilMs: untilMs } = pass;
        passOver(trace, { target, reason: 'cooling', untilMs });
        throw new GatewayError('no-target', `${targetName(target)} failed lately, and is left alone.`, {
          retryAfterMs: Math.max(0, untilMs - clock.now()),
        });
      }
      if (pass.leaseUntilMs !== undefined) leases.set(target, pass.leaseUntilMs);
    },

    ended(target, error, renewed) {
      const leaseUntilMs = leases.get(target);
      if (!renewed) leases.delete(target);
      if (error === undefined) answering = target;
      const ending = { error, renewed, leaseUntilMs, sentAtMs: sentAtMs(), wasCounted: false };
      tell(health.ended(targetName(target), ending, breaker));
    },

    broke(target, error) {
      if (answering !== target) return;
      const ending = { error, renewed: false, leaseUntilMs: undefined, sentAtMs: sentAtMs(), wasCounted: true };
      tell(health.ended(targetName(target), ending, breaker));
    },

    leave() {
      for (const [target, leaseUntilMs] of leases) tell(health.drop(targetName(target), leaseUntilMs));
      for (const [target, pass] of passes) tell(pass.then((made) => drop(target, made)));
      leases.clear();
      passes.clear();
    },
  };

  async function drop(target: UpstreamTarget, pass: Pass): Promise<void> {
    if ('leaseUntilMs' in pass && pass.leaseUntilMs !== undefined) {
      await health.drop(targetName(target), pass.leaseUntilMs);
    }
  }
}
