/** The rows of the matrix: what is asked, and what has to come back. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import type { Ask, Client, JsonSchema, Outcome, ToolOffer } from './client.ts';
import { aliasOf, type Fault, type Provider } from './providers.ts';
import type { MatrixStack } from './stack.ts';

export interface Context {
  readonly stack: MatrixStack;
  readonly client: Client;
  readonly provider: Provider;
  readonly streamed: boolean;
  /** In every prompt of the cell, so that its requests can be told from those of others. */
  readonly tag: string;
}

export interface Case {
  readonly id: string;
  readonly title: string;
  play(context: Context): Promise<Outcome>;
  /** Throws where the outcome is not what it has to be. */
  check(outcome: Outcome, context: Context): void;
  /**
   * What streamed and whole must agree in, where that is not all: in the second turn the SDKs write the history as they had
   * it, and the simulated models answer each wording in other words.
   */
  compared?(outcome: Outcome): unknown;
}

export const WEATHER: ToolOffer = {
  name: 'get_weather',
  description: 'The weather of a city on the coming days',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 5 } },
    required: ['city', 'days'],
  },
};
export const CLOCK: ToolOffer = {
  name: 'get_time',
  description: 'The time now',
  parameters: { type: 'object', properties: {} },
};

const ORDER: JsonSchema = {
  type: 'object',
  properties: {
    customer: { $ref: '#/$defs/person' },
    lines: {
      type: 'array',
      items: {
        type: 'object',
        properties: { gate: { type: 'string' }, toll: { type: 'integer' } },
        required: ['gate', 'toll'],
        additionalProperties: false,
      },
    },
  },
  required: ['customer', 'lines'],
  additionalProperties: false,
  $defs: {
    person: {
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
      additionalProperties: false,
    },
  },
};

/** One red pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF\n').toString('base64');
const PRIVATE_IMAGE = 'https://10.0.0.1/gate.png';
const WHY_NOT = 'This request was refused by the simulated provider, because it was asked to.';
const SAID_NO = "I'm sorry, but I can't help with that request.";

const once = async (context: Context, ask: Ask, fault?: Fault): Promise<Outcome> =>
  context.client
    .open({ ...ask, text: `${ask.text} ${context.tag}` })
    .ask(aliasOf(context.provider, fault), context.streamed);

/** What the provider was sent has to hold this: that it answers does not prove that it was told. */
function told(id: string, title: string, ask: Ask, evidence: string, check: Case['check']): Case {
  return {
    id,
    title,
    async play(context) {
      const outcome = await once(context, ask);
      const sent = (await context.stack.sentUpstream(context.tag)).at(-1);
      if (outcome.error === undefined) ok(sent?.body.includes(evidence), `"${evidence}" was not sent`);
      return outcome;
    },
    check,
  };
}

function simple(id: string, title: string, ask: Ask, check: Case['check'], fault?: Fault): Case {
  return { id, title, play: (context) => once(context, ask, fault), check };
}

export const ANSWERS: readonly Case[] = [
  simple('text', 'Text', { text: 'Tell me about toll gates.' }, (outcome, { tag }) => {
    match(outcome.text, /This is a simulated .*Tell me about toll gates/s);
    ok(outcome.text.includes(tag));
    finished(outcome, 'stop');
  }),
  told(
    'system',
    'System prompt',
    { system: 'Be brief.', text: 'Tell me about toll gates.' },
    'Be brief.',
    (outcome) => {
      match(outcome.text, /Tell me about toll gates/);
      finished(outcome, 'stop');
    },
  ),
  simple('tools', 'Two tools in parallel', { text: 'Weather and time?', tools: [WEATHER, CLOCK] }, (outcome) => {
    calledBoth(outcome);
  }),
  {
    id: 'tool-results',
    title: 'Tool results, in another order',
    async play(context) {
      const conversation = context.client.open({ text: `Weather and time? ${context.tag}`, tools: [WEATHER, CLOCK] });
      calledBoth(await conversation.ask(aliasOf(context.provider), context.streamed));
      conversation.giveResults([
        { name: CLOCK.name, text: 'It is noon.' },
        { name: WEATHER.name, text: 'It rains.' },
      ]);
      return conversation.ask(aliasOf(context.provider), context.streamed);
    },
    check: answersResults,
    compared: comparedResults,
  },
  told(
    'image',
    'Image, base64',
    { text: 'What is this?', media: { kind: 'image', data: PNG, mediaType: 'image/png' } },
    PNG,
    (outcome) => {
      match(outcome.text, /I can see one image/);
      finished(outcome, 'stop');
    },
  ),
  told(
    'image-url',
    'Image by URL',
    // An address that nobody may fetch: the gateway must not, and simulated providers do not.
    { text: 'What is this?', media: { kind: 'image', url: PRIVATE_IMAGE, mediaType: 'image/png' } },
    PRIVATE_IMAGE,
    (outcome) => {
      match(outcome.text, /I can see one image/);
      finished(outcome, 'stop');
    },
  ),
  told(
    'pdf',
    'PDF, base64',
    { text: 'What is this?', media: { kind: 'pdf', data: PDF, mediaType: 'application/pdf' } },
    PDF,
    (outcome) => {
      match(outcome.text, /What is this\?/);
      finished(outcome, 'stop');
    },
  ),
  simple('schema', 'JSON schema, nested, with `$ref`', { text: 'An order, please.', schema: ORDER }, (outcome) => {
    const order = JSON.parse(outcome.text) as {
      customer: { name: unknown };
      lines: { gate: unknown; toll: unknown }[];
    };
    equal(typeof order.customer.name, 'string');
    ok(order.lines.length > 0);
    for (const line of order.lines) deepEqual([typeof line.gate, typeof line.toll], ['string', 'number']);
    finished(outcome, 'stop');
  }),
  simple('refusal', 'Refusal', { text: 'SIMULATE_REFUSAL' }, (outcome, { provider }) => {
    // Gemini says nothing, Anthropic says why beside the answer, Bedrock has no other word for it.
    ok(['', WHY_NOT, SAID_NO].includes(outcome.text), outcome.text);
    finished(outcome, provider.dialect === 'bedrock-converse' ? 'stop' : 'refused');
  }),
  simple(
    'content-filter',
    'Content filter in mid-answer',
    { text: 'Tell me about toll gates.' },
    (outcome) => {
      ok(outcome.text.length > 0 || outcome.reasoning.length > 0 || (outcome.usage?.output ?? 0) > 0);
      finished(outcome, 'refused');
    },
    'content-filter-at-5',
  ),
  simple('length', 'Length stop', { text: 'Tell me about toll gates.', maxTokens: 16 }, (outcome) => {
    finished(outcome, 'length');
  }),
  simple('rare', 'A parameter that not all can take', { text: 'Hello', rare: true }, (outcome) => {
    match(outcome.text, /Hello/);
    finished(outcome, 'stop');
  }),
];

export function calledBoth(outcome: Outcome): void {
  const calls = new Map(outcome.calls.map((call) => [call.name, call.arguments]));
  deepEqual([...calls.keys()].sort(), [CLOCK.name, WEATHER.name]);
  equal(outcome.calls.length, 2);
  deepEqual(calls.get(CLOCK.name), {});
  const weather = calls.get(WEATHER.name) as { readonly city: unknown; readonly days: unknown };
  deepEqual([typeof weather.city, typeof weather.days], ['string', 'number']);
  finished(outcome, 'tool-calls');
}

export function answersResults(outcome: Outcome): void {
  match(outcome.text, /It is noon\./);
  match(outcome.text, /It rains\./);
  finished(outcome, 'stop');
}

export function comparedResults({ text, calls, finish }: Outcome) {
  return { calls, finish, said: text.match(/The tools say: .*?\.\. /g) };
}

/** Without an error, for this reason, and paid for. */
export function finished(outcome: Outcome, finish: Outcome['finish']): void {
  equal(outcome.error, undefined);
  equal(outcome.finish, finish);
  ok(outcome.usage !== undefined, 'no usage');
  ok(outcome.usage.input > 0, 'no input tokens');
}
