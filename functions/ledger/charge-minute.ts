/** The part of a reservation's update that charges the last minute. */
import { number, numbers } from './attributes.ts';
import type { Expression } from './expression.ts';
import type { Limits } from './limits.ts';
import { type Advance, type Amounts, type MinuteWindow, ringIndex, ringWith, sumAt } from './minute-window.ts';
import { requireSeen } from './require-seen.ts';

export function chargeMinute(
  expression: Expression,
  minute: MinuteWindow | undefined,
  step: Advance,
  charge: Amounts,
  limits: Limits,
): void {
  requireSeen(expression, 'slot', 'slot', minute === undefined ? undefined : number(minute.slot));
  if (minute === undefined || step.mode === 'rebuild') {
    rebuild(expression, minute, step, charge);
    return;
  }
  const parts = [
    { name: 'requests', ring: minute.slotRequests, amount: charge.requests, limit: limits.limit_rpm },
    { name: 'tokens', ring: minute.slotTokens, amount: charge.tokens, limit: limits.limit_tpm },
  ];
  if (step.mode === 'roll') expression.set(expression.name('slot'), expression.value('slot', number(step.slot)));
  for (const { name, ring, amount, limit } of parts) {
    const sum = expression.name(`minute_${name}`);
    const slots = expression.name(`slot_${name}`);
    const leaving = sumAt(ring, step.entering);
    const newest = `${slots}[${ringIndex(step.slot)}]`;
    expression.set(sum, `${sum} + ${expression.value(`${name}_change`, number(amount - leaving))}`);
    if (limit !== undefined) {
      expression.require(`${sum} <= ${expression.value(`${name}_bound`, number(limit - amount + leaving))}`);
    }
    // A settlement may still change a slot that is about to leave: then the sum would keep what the slot had lost.
    for (const index of step.entering) {
      expression.require(`${slots}[${index}] = ${count(expression, ring[index] ?? 0)}`);
      if (index !== ringIndex(step.slot)) expression.set(`${slots}[${index}]`, count(expression, 0));
    }
    const charged = count(expression, amount);
    expression.set(newest, step.mode === 'roll' ? charged : `${newest} + ${charged}`);
  }
}

/** Writes the rings anew: the first charge, one after more than a minute, or one after a hand edit. */
function rebuild(
  expression: Expression,
  minute: MinuteWindow | undefined,
  { slot, held, entering }: Advance,
  charge: Amounts,
): void {
  const parts = [
    {
      name: 'requests',
      sum: minute?.requests,
      ring: minute?.slotRequests,
      held: held.requests,
      amount: charge.requests,
    },
    { name: 'tokens', sum: minute?.tokens, ring: minute?.slotTokens, held: held.tokens, amount: charge.tokens },
  ];
  expression.set(expression.name('slot'), expression.value('slot', number(slot)));
  for (const { name, sum, ring, held: kept, amount } of parts) {
    if (minute !== undefined && !minute.whole) {
      requireSeen(expression, `minute_${name}`, `minute_${name}`, sum === undefined ? undefined : number(sum));
    }
    const old = kept === 0 || ring === undefined ? ringWith(slot, 0) : ring;
    const renewed = old.map((value, index) => (entering.includes(index) ? 0 : value));
    const charged = renewed.map((value, index) => (index === ringIndex(slot) ? value + amount : value));
    expression.set(expression.name(`minute_${name}`), expression.value(`minute_${name}`, number(kept + amount)));
    expression.set(expression.name(`slot_${name}`), expression.value(`slot_${name}`, numbers(charged)));
  }
}

/** Most slots hold nothing: values with the same number share a placeholder. */
function count(expression: Expression, value: number): string {
  return expression.value(`n${value}`.replace('-', 'minus').replace('.', 'point'), number(value));
}
