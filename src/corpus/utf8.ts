// Strict UTF-8: text that is not valid is refused, never patched with replacement characters.
import { isUtf8 } from 'node:buffer';

/** @returns undefined when the bytes are not valid UTF-8. A byte order mark at the start is kept: see `withoutBom`. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** The bytes without a UTF-8 byte order mark at their start. */
export function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** False for half a surrogate pair, which JSON can escape (`"\ud800"`) but UTF-8 cannot hold. */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
