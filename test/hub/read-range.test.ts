import { describe, expect, it } from '@jest/globals';
import { HubClient } from '../../src/hub/http-client.js';
import { readRange } from '../../src/hub/read-range.js';
import { readSettings } from '../../src/hub/settings.js';
import { COMMIT } from './fake-hub.js';
import { failure } from './setup.js';

const REMOTE = { id: 'org/name', revision: 'main', commit: COMMIT, file: 'model.safetensors' };

function read(range: [number, number], answer: () => Response): Promise<void> {
  const client = new HubClient(readSettings({}), undefined, new AbortController().signal, async () => answer());
  return readRange(client, REMOTE, range, undefined, { onChunk: () => undefined });
}

describe('readRange', () => {
  it('does not read a large file from its start to get at its end', async () => {
    let cancelled = false;
    const body = new ReadableStream({ pull: () => undefined, cancel: () => void (cancelled = true) });
    const headers = { etag: '"a"', 'content-length': String(16e9) };
    await expect(read([15e9, 15e9 + 8], () => new Response(body, { headers }))).rejects.toEqual(
      failure('HUB_NO_RANGES', '16000000000', 'hf download org/name'),
    );
    expect(cancelled).toBe(true);
  });

  it('refuses an answer without an ETag, without a length, or for another commit', async () => {
    const whole = (headers: Record<string, string>) => () => new Response('12345678', { headers });
    await expect(read([0, 8], whole({ 'content-length': '8' }))).rejects.toEqual(failure('HUB_ANSWER_INVALID', 'ETag'));
    await expect(read([0, 8], whole({ etag: 'a' }))).rejects.toEqual(failure('HUB_RANGE_WRONG', 'without a length'));
    const other = { etag: 'a', 'content-length': '8', 'x-repo-commit': 'f'.repeat(40) };
    await expect(read([0, 8], whole(other))).rejects.toEqual(failure('HUB_FILE_CHANGED'));
    const linked = { etag: 'a', 'content-length': '8', 'x-linked-size': '9' };
    await expect(read([0, 8], whole(linked))).rejects.toEqual(failure('HUB_FILE_CHANGED'));
  });

  it('refuses more bytes than were announced', async () => {
    const headers = { etag: 'a', 'content-range': 'bytes 0-3/100' };
    await expect(read([0, 4], () => new Response('12345', { status: 206, headers }))).rejects.toEqual(
      failure('HUB_RANGE_WRONG', 'more bytes'),
    );
  });
});
