/**
 * A stream of this dialect is server-sent events where the client asks for them (`alt=sse`), and else one JSON array
 * that arrives an element at a time.
 */
import type { JsonObject } from '../../core/json.ts';

export interface ChunkWriter {
  chunk(value: JsonObject): string;
  /** The text of an element that is there already, e.g. the data of a frame that goes through unchanged. */
  text(json: string): string;
  /** What closes the stream. */
  end(): string;
}

export function createChunkWriter(format: 'sse' | 'json-array'): ChunkWriter {
  let started = false;
  const text =
    format === 'sse'
      ? (json: string): string => `data: ${json}\n\n`
      : (json: string): string => {
          const separator = started ? ',\r\n' : '[';
          started = true;
          return `${separator}${json}`;
        };
  return {
    chunk: (value) => text(JSON.stringify(value)),
    text,
    end: () => (format === 'sse' ? '' : started ? ']' : '[]'),
  };
}
