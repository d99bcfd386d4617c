// Numbers as text: what a script that is loaded from a disk can carry. Little-endian, as every processor that runs a browser is.
import { endianness } from 'node:os';

type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

export function base64(numbers: Numbers): string {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const swapped = endianness() === 'BE' && numbers.BYTES_PER_ELEMENT > 1;
  return (swapped ? swap(bytes, numbers.BYTES_PER_ELEMENT) : bytes).toString('base64');
}

/** Back to numbers of 4 bytes, as memory of their own. */
export function fourBytesOf(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, 'base64');
  const own = new Uint8Array(endianness() === 'BE' ? swap(bytes, 4) : bytes);
  return own.buffer;
}

function swap(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.from(bytes);
  return size === 2 ? copy.swap16() : size === 4 ? copy.swap32() : copy.swap64();
}
