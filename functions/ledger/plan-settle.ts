/**
 * The end of a reservation on one meter: what was used takes the place of what was reserved, in the windows that were
 * charged, and the marker goes. Conditional on the marker, so that a repeat changes nothing.
 */
import type { ReservedScope } from '../core/ports.ts';
import { number, stringSet, text } from './attributes.ts';
import { createExpression, type Expression, type Update } from './expression.ts';
import { formatRaise } from './markers.ts';
import type { Meter } from './meter.ts';
import { ringIndex } from './minute-window.ts';
import { SLOTS, slotAt } from './windows.ts';

/** What is put right, against what was reserved. */
export interface Correction {
  readonly marker: string;
  readonly reservedNano: number;
  /** What may have been reserved on top: each meter tells which of it it has. */
  readonly raises: readonly number[];
  /** -1 where the request was never made. */
  readonly requests: number;
  readonly tokens: number;
  readonly nano: number;
  readonly nowMs: number;
}

/**
 * `meter` is undefined at the first try, which takes the day and the month for those that were charged, and tells the
 * minute from the clock: mostly that is right, and a read is saved. Once the condition has failed it is the item as it is.
 *
 * A window that is over is left alone: it will be thrown away as it is, whether or not the item has noticed yet.
 */
export function planSettle(charged: ReservedScope, correction: Correction, meter: Meter | undefined): Update | 'done' {
  const { marker } = correction;
  if (meter !== undefined && !meter.open.includes(marker)) return 'done';
  const expression = createExpression();
  const open = expression.name('open');
  expression.require(`contains(${open}, ${expression.value('marker', text(marker))})`);
  expression.delete(open, expression.value('markers', stringSet([marker])));

  const raisedNano = takeRaises(expression, correction, meter);
  const reservedNano = correction.reservedNano + raisedNano;
  const changeNano = correction.nano - raisedNano;
  if (reservedNano !== 0) {
    const reserved = expression.name('reserved_nano');
    const amount = expression.value('reserved', number(reservedNano));
    // Without the default an operator who removes the attribute would make every settlement fail.
    expression.set(reserved, `if_not_exists(${reserved}, ${amount}) - ${amount}`);
  }
  const windows = [
    ['day', charged.day, meter?.day],
    ['month', charged.month, meter?.month],
  ] as const;
  for (const [name, id, seen] of windows) {
    const stands = seen === undefined || (seen.id === id && seen.nano !== undefined);
    if (changeNano === 0 || !stands) continue;
    const nano = expression.name(`${name}_nano`);
    expression.require(`${expression.name(name)} = ${expression.value(name, text(id))}`);
    expression.set(nano, `${nano} + ${expression.value('nano', number(changeNano))}`);
  }
  if (charged.slot !== undefined && minuteStands(charged.slot, correction, meter)) {
    const slot = expression.name('slot');
    const [first, last] = [charged.slot, charged.slot + SLOTS - 1];
    expression.require(
      `${slot} BETWEEN ${expression.value('first', number(first))} AND ${expression.value('last', number(last))}`,
    );
    for (const name of ['requests', 'tokens'] as const) {
      if (correction[name] === 0) continue;
      const change = expression.value(`${name}_change`, number(correction[name]));
      for (const path of [
        expression.name(`minute_${name}`),
        `${expression.name(`slot_${name}`)}[${ringIndex(charged.slot)}]`,
      ]) {
        expression.set(path, `${path} + ${change}`);
      }
    }
  }
  return expression.build();
}

/** Takes the marks of what was reserved on top away, and says how much it was. The first try thinks that all of it is there. */
function takeRaises(expression: Expression, { marker, raises }: Correction, meter: Meter | undefined): number {
  if (raises.length === 0) return 0;
  const raised = expression.name('raised');
  const marks = raises.map((nano, index) => ({ nano, mark: formatRaise(marker, index), label: `mark${index}` }));
  const isThere = (mark: string): boolean => meter === undefined || meter.raised.includes(mark);
  for (const { mark, label } of marks) {
    const holds = `contains(${raised}, ${expression.value(label, text(mark))})`;
    expression.require(isThere(mark) ? holds : `NOT ${holds}`);
  }
  const there = marks.filter(({ mark }) => isThere(mark));
  if (there.length > 0) {
    expression.delete(raised, expression.value('marks', stringSet(there.map(({ mark }) => mark))));
  }
  return there.reduce((sum, { nano }) => sum + nano, 0);
}

/** Whether the slot that was charged still counts, and there is something to put right in it. */
function minuteStands(slot: number, correction: Correction, meter: Meter | undefined): boolean {
  if (correction.requests === 0 && correction.tokens === 0) return false;
  if (meter === undefined) return slotAt(correction.nowMs) < slot + SLOTS;
  const { minute } = meter;
  return minute?.whole === true && minute.slot >= slot && minute.slot < slot + SLOTS;
}
