/** From a content of the log to one line of a dataset: the chat format that fine-tuning and evaluation tools read. */
import { isJsonObject, type Json, type JsonObject } from '../functions/core/json.ts';

/** Why a content makes no example. */
export type Unfit = 'without an answer' | 'with media' | 'not whole' | 'unreadable';

export type Example = { readonly line: JsonObject } | { readonly unfit: Unfit };

/** Texts as they lie in the log: JSON of the neutral model, of this or an earlier version. */
export function chatExample(request: string, answer: string): Example {
  const [asked, answered] = [parse(request), parse(answer)];
  if (answered === undefined) return { unfit: 'without an answer' };
  if (!isJsonObject(asked) || !Array.isArray(asked.messages)) return { unfit: 'unreadable' };
  const history = asked.messages.map(message);
  const blocks = list(field(list(answered)[0], 'blocks'));
  if (blocks.length === 0) return { unfit: 'without an answer' };
  const messages = [...history, [assistant(blocks)]];
  if (messages.some((each) => each.includes('with media'))) return { unfit: 'with media' };
  if (messages.some((each) => each.includes('unreadable'))) return { unfit: 'unreadable' };
  const tools = list(asked.tools).flatMap(tool);
  return { line: { messages: messages.flat(), ...(tools.length === 0 ? {} : { tools }) } as JsonObject };
}

type Message = JsonObject | Unfit;

function message(value: Json): readonly Message[] {
  const content = list(field(value, 'content'));
  const role = field(value, 'role');
  if (role === 'assistant') return [assistant(content)];
  if (role === 'tool') return content.map(result);
  if (role !== 'system' && role !== 'user') return ['unreadable'];
  const text = plain(content);
  return [typeof text === 'string' ? { role, content: text } : text.unfit];
}

/** Text alone: what stands for media in the log is no picture any more. */
function plain(parts: readonly Json[]): string | { readonly unfit: Unfit } {
  const others = parts.some((part) => field(part, 'type') !== 'text');
  return others ? { unfit: 'with media' } : texts(parts, 'text').join('\n');
}

/** Reasoning stays out: it is the provider's own, and no format of examples has it. */
function assistant(blocks: readonly Json[]): Message {
  if (blocks.some((block) => ['image', 'audio', 'file'].includes(String(field(block, 'type'))))) return 'with media';
  const calls = blocks.filter((block) => field(block, 'type') === 'tool-call').map(call);
  const [content, refusal] = [texts(blocks, 'text').join(''), texts(blocks, 'refusal').join('')];
  return {
    role: 'assistant',
    content: content === '' && (calls.length > 0 || refusal !== '') ? null : content,
    ...(refusal === '' ? {} : { refusal }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function call(block: Json): JsonObject {
  const [id, name] = [string(field(block, 'id')), string(field(block, 'name'))];
  const input = string(field(block, 'arguments'));
  return field(block, 'kind') === 'custom'
    ? { id, type: 'custom', custom: { name, input } }
    : { id, type: 'function', function: { name, arguments: input } };
}

function result(value: Json): Message {
  const content = plain(list(field(value, 'content')));
  if (typeof content !== 'string') return content.unfit;
  return { role: 'tool', tool_call_id: string(field(value, 'callId')), content };
}

/** Tools that a provider runs itself are nobody else's. */
function tool(value: Json): readonly JsonObject[] {
  if (field(value, 'kind') !== 'function') return [];
  const [description, parameters] = [field(value, 'description'), field(value, 'parameters')];
  const name = string(field(value, 'name'));
  return [
    {
      type: 'function',
      function: {
        name,
        ...(typeof description === 'string' ? { description } : {}),
        parameters: isJsonObject(parameters) ? parameters : { type: 'object', properties: {} },
      },
    },
  ];
}

function texts(parts: readonly Json[], type: 'text' | 'refusal'): readonly string[] {
  return parts.filter((part) => field(part, 'type') === type).map((part) => string(field(part, 'text')));
}

function field(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const string = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** Undefined for what is no JSON: the beginning of something that was cut, or nothing. */
function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
