// A small answer as one buffer: bounded, and never shorter than promised.
import { environmentError } from '../base/errors.js';
import type { HubAnswer } from './http-client.js';
import { describe, type Asked } from './http-errors.js';
import { TransientError } from './retry.js';

/**
 * @throws TransientError when the answer ends early, LongattnError HUB_ANSWER_INVALID above `maxBytes`
 */
export async function collectBody(answer: HubAnswer, maxBytes: number, asked: Asked): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw environmentError(
        'HUB_ANSWER_INVALID',
        `${describe(asked)} from ${answer.where} has more than the ${maxBytes} bytes that are allowed.`,
      );
    }
    chunks.push(chunk);
  }
  const promised = answer.headers.get('content-length');
  const plain = !answer.headers.has('content-encoding');
  if (plain && promised !== null && Number(promised) !== bytes) {
    throw new TransientError(
      environmentError('HUB_UNREACHABLE', `${describe(asked)} ended after ${bytes} of ${promised} bytes. Try again.`),
    );
  }
  return Buffer.concat(chunks);
}
