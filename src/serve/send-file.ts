// One file, or a range of it, to whoever asked.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { sendText } from './send-text.js';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

/** Bytes [from, to). */
interface Range {
  from: number;
  to: number;
}

export async function sendFile(request: IncomingMessage, response: ServerResponse, file: string): Promise<void> {
  // What was a file when the server started may be a link now.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (!handle) return sendText(response, 404, 'The page was made anew: start the server again.');
  try {
    const { size } = await handle.stat();
    const range = rangeOf(request.headers.range, size);
    response.setHeader('Accept-Ranges', 'bytes');
    if (range === 'beyond') {
      response.setHeader('Content-Range', `bytes */${size}`);
      return sendText(response, 416, 'The file ends before this range.');
    }
    const { from, to } = range ?? { from: 0, to: size };
    if (range) response.setHeader('Content-Range', `bytes ${from}-${to - 1}/${size}`);
    const ending = file.slice(file.lastIndexOf('.') + 1);
    response.writeHead(range ? 206 : 200, {
      'Content-Type': TYPES[ending] ?? 'application/octet-stream',
      'Content-Length': to - from,
    });
    if (request.method === 'HEAD' || to === from) response.end();
    else await pipeline(handle.createReadStream({ start: from, end: to - 1, autoClose: false }), response);
  } finally {
    await handle.close();
  }
}

/** One range of RFC 9110; several, or what cannot be read, is answered with the whole file, as it allows. */
export function rangeOf(header: string | undefined, size: number): Range | 'beyond' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '')
    return Number(last) === 0 || size === 0 ? 'beyond' : { from: Math.max(0, size - Number(last)), to: size };
  const from = Number(first);
  const to = last === '' ? size : Math.min(size, Number(last) + 1);
  if (last !== '' && Number(last) < from) return undefined;
  return from >= size ? 'beyond' : { from, to };
}
