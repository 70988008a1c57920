import type { EmbeddingsVector } from './embeddings.ts';
import { GatewayError } from './errors.ts';
import type { Json } from './json.ts';

const BYTES_PER_FLOAT = 4;
/** `String.fromCharCode` takes its arguments on the stack: ten thousands are safe, a vector of any size is not. */
const CHUNK = 8_192;

/** A list of numbers or base64, as providers give either, whatever was asked for. `at` is where it stands in the answer. */
export function readVector(value: Json | undefined, at: string): EmbeddingsVector {
  if (typeof value === 'string' && value !== '') return { format: 'base64', data: value };
  if (Array.isArray(value) && value.length > 0 && value.every(isNumber)) return { format: 'float', values: value };
  throw new GatewayError('upstream-malformed', `The provider's answer has no vector at ${at}.`);
}

const isNumber = (value: Json): value is number => typeof value === 'number';

export function toFloats(vector: EmbeddingsVector): readonly number[] {
  if (vector.format === 'float') return vector.values;
  const binary = readBase64(vector.data);
  if (binary.length % BYTES_PER_FLOAT !== 0) throw notFloats();
  const bytes = new DataView(new ArrayBuffer(binary.length));
  for (let index = 0; index < binary.length; index += 1) bytes.setUint8(index, binary.charCodeAt(index));
  return Array.from({ length: binary.length / BYTES_PER_FLOAT }, (_, index) =>
    bytes.getFloat32(index * BYTES_PER_FLOAT, true),
  );
}

export function toBase64(vector: EmbeddingsVector): string {
  if (vector.format === 'base64') return vector.data;
  const bytes = new DataView(new ArrayBuffer(vector.values.length * BYTES_PER_FLOAT));
  vector.values.forEach((value, index) => {
    bytes.setFloat32(index * BYTES_PER_FLOAT, value, true);
  });
  let binary = '';
  for (let start = 0; start < bytes.byteLength; start += CHUNK) {
    const length = Math.min(CHUNK, bytes.byteLength - start);
    binary += String.fromCharCode(...new Uint8Array(bytes.buffer, start, length));
  }
  return btoa(binary);
}

function readBase64(data: string): string {
  try {
    return atob(data);
  } catch (cause) {
    throw notFloats({ cause });
  }
}

function notFloats(options: { readonly cause?: unknown } = {}): GatewayError {
  return new GatewayError('upstream-malformed', "The provider's vector is not base64 of 32-bit floats.", options);
}
