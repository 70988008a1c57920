/** The events of a stream, each with its number: https://platform.openai.com/docs/api-reference/responses-streaming */
import type { JsonObject } from '../../../functions/core/json.ts';
import { objectOf } from '../fields.ts';
import { errorBody } from '../openai/errors.ts';
import type { Reply, Script, Step } from '../provider.ts';
import { encodeResponse, encodeWhole } from './encode-whole.ts';
import { itemsOf, type OutputItem } from './items.ts';

interface Numbering {
  event(data: JsonObject): string;
  readonly next: number;
}

export function encodeStream(reply: Reply): Script {
  const numbering = createNumbering(0);
  const begun = encodeResponse(reply, 'in_progress');
  const head = ['response.created', 'response.in_progress'].map((type) => numbering.event({ type, response: begun }));
  const steps: Step[] = [];
  /** The number of the event after so many steps. */
  const numbers = [numbering.next];
  for (const [index, item] of itemsOf(reply).entries()) {
    for (const step of encodeItem(item, index, numbering)) {
      steps.push(step);
      numbers.push(numbering.next);
    }
  }
  const response = encodeWhole(reply);
  return {
    head: head.join(''),
    steps,
    tail: '',
    done: numbering.event({ type: `response.${String(response.status)}`, response }),
    errorAfter: (count) => encodeFailure(reply, createNumbering(numbers[count] ?? 0)),
  };
}

/** A step for each token; what opens and closes the item goes with the first and the last. */
function* encodeItem(item: OutputItem, index: number, numbering: Numbering): Generator<Step> {
  const { reasoning } = item;
  const place = { output_index: index };
  const opening = [{ type: 'response.output_item.added', ...place, item: item.start }, ...item.opening];
  const closing = [...item.closing, { type: 'response.output_item.done', ...place, item: item.whole }];
  const encode = (events: readonly JsonObject[]): string => events.map((event) => numbering.event(event)).join('');
  if (item.deltas.length === 0) {
    yield { text: encode([...opening, ...closing]), tokens: item.tokens, reasoning };
    return;
  }
  for (const [position, delta] of item.deltas.entries()) {
    const before = position === 0 ? opening : [];
    const after = position === item.deltas.length - 1 ? closing : [];
    yield { text: encode([...before, delta, ...after]), tokens: 1, reasoning };
  }
}

/** An error has an event of its own, and ends the response. */
function encodeFailure(reply: Reply, numbering: Numbering): string {
  const context = { status: 500, model: reply.model, requestId: `req_${reply.id}` };
  const error = objectOf(errorBody('server-error', context).error);
  const failed = {
    ...encodeResponse(reply, 'failed'),
    error: { code: 'server_error', message: error.message ?? '' },
  };
  return (
    numbering.event({ type: 'error', error: { ...error, code: 'server_error' } }) +
    numbering.event({ type: 'response.failed', response: failed })
  );
}

function createNumbering(first: number): Numbering {
  let next = first;
  return {
    event({ type, ...data }) {
      const text = JSON.stringify({ type, sequence_number: next, ...data });
      next += 1;
      return `event: ${String(type)}\ndata: ${text}\n\n`;
    },
    get next() {
      return next;
    },
  };
}
