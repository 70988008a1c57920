import * as z from 'zod/mini';
import type { ChatRequest } from '../../core/chat.ts';
import type { RequestParams } from '../../core/codec.ts';
import { recordOf } from '../../core/first-fault.ts';
import type { JsonObject } from '../../core/json.ts';
import { invalidRequest, parseRequest } from '../../core/parse.ts';
import { modelName, toolList } from '../../core/request-fields.ts';
import { decodeConfig } from './decode-config.ts';
import { decodeContents, decodeSystem } from './decode-contents.ts';
import { decodeToolConfig, decodeTools } from './decode-tools.ts';
import { DIALECT, type Fields, fieldsOf, optionalText } from './wire.ts';

const KNOWN = new Set([
  'model',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'serviceTier',
  'labels',
]);
const labels = z.nullish(recordOf(z.string()));

/** A cache that lies with Google: what is in it cannot be told to anybody else. */
const NATIVE_ONLY = ['cachedContent'];

export function decodeRequest(body: JsonObject, params: RequestParams = {}): ChatRequest {
  return decodeFields(fieldsOf(body, []), params);
}

export function decodeFields(fields: Fields, params: RequestParams): ChatRequest {
  const model = params.model ?? fields.read('model', optionalText)?.replace(/^models\//, '') ?? '';
  if (model === '') throw invalidRequest(fields.path('model'), 'is missing');
  parseRequest(modelName, model, fields.path('model'));
  const contents = fields.objects('contents');
  if (contents.length === 0) {
    throw invalidRequest(
      fields.path('contents'),
      fields.get('contents') === undefined ? 'is missing' : 'must not be empty',
    );
  }
  const messages = decodeContents(contents);
  if (messages.length === 0) throw invalidRequest(fields.path('contents'), 'holds no text and no other part');
  const { settings, extensions } = decodeConfig(fields.object('generationConfig'));
  const toolConfig = fields.object('toolConfig');
  const others = {
    ...fields.others(KNOWN),
    ...nested('toolConfig', toolConfig?.others(new Set(['functionCallingConfig']))),
    ...extensions,
  };
  const nativeOnly = NATIVE_ONLY.filter((name) => name in others);
  const serviceTier = fields.read('serviceTier', optionalText);
  const metadata = fields.read('labels', labels);
  return {
    model,
    stream: params.stream ?? false,
    // Every answer of this dialect counts its tokens.
    includeUsage: true,
    messages: [...decodeSystem(fields.object('systemInstruction')), ...messages],
    ...decodeToolConfig(toolConfig, decodeTools(fields.objects('tools', toolList))),
    ...settings,
    ...(serviceTier ? { serviceTier } : {}),
    ...(metadata ? { metadata } : {}),
    ...(nativeOnly.length === 0 ? {} : { nativeOnly }),
    extensions: Object.keys(others).length === 0 ? {} : { [DIALECT]: others },
  };
}

/** By their paths in the body, so that they can be named. */
function nested(parent: string, fields: JsonObject | undefined): JsonObject {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [`${parent}.${name}`, value]));
}
