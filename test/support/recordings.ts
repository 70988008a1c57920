/** Real answers of real providers, kept outside of the repository: tests that read them run where they are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../functions/core/json.ts';

/** The folder, or undefined where there is none: `describe.runIf(RECORDINGS)`. */
export const RECORDINGS = process.env.TOLLGATE_RECORDINGS || undefined;

export interface Recording {
  /** `deepseek/deepseek-text.chunks.txt` */
  readonly name: string;
  readonly provider: string;
  /** As a provider streams it, or one whole answer. */
  readonly streamed: boolean;
  /** The chunks of a stream, or the one answer. */
  readonly values: readonly Json[];
  /** With the framing of server-sent events; for a whole answer, its JSON. */
  readonly text: string;
}

export interface ListOptions {
  readonly providers: readonly string[];
  /** Anthropic names its events after the type in the data; OpenAI closes with `[DONE]`; Google does neither. */
  readonly framing: 'named' | 'done' | 'plain';
}

export function listRecordings({ providers, framing }: ListOptions): readonly Recording[] {
  if (RECORDINGS === undefined) return [];
  const folder = RECORDINGS;
  return providers.flatMap((provider) =>
    readdirSync(join(folder, provider))
      .sort()
      .map((file) =>
        readRecording(`${provider}/${file}`, provider, readFileSync(join(folder, provider, file), 'utf8'), framing),
      ),
  );
}

function readRecording(name: string, provider: string, content: string, framing: ListOptions['framing']): Recording {
  if (name.endsWith('.json')) return { name, provider, streamed: false, values: [JSON.parse(content)], text: content };
  if (name.endsWith('.sse')) {
    const lines = content.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []));
    return { name, provider, streamed: true, values: lines.map((line) => JSON.parse(line)), text: content };
  }
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  const values: readonly Json[] = lines.map((line) => JSON.parse(line));
  const frames = lines.map((line, index) => (framing === 'named' ? named(values[index], line) : `data: ${line}\n\n`));
  return {
    name,
    provider,
    streamed: true,
    values,
    text: frames.join('') + (framing === 'done' ? 'data: [DONE]\n\n' : ''),
  };
}

function named(value: Json | undefined, line: string): string {
  const type = (value as { readonly type?: string } | undefined)?.type ?? 'message';
  return `event: ${type}\ndata: ${line}\n\n`;
}
