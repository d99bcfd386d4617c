// A server of one page on the loopback interface, behind a token that nobody can guess.
//
// It gives out the files of a folder by name, as they were when it started, and answers of the run as scripts: so the page needs no
// other right than the one that opens from a disk, and its policy stays the same.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { environmentError, LongattnError } from '../base/errors.js';
import { jsonScript } from '../report/page-folder.js';
import { behindToken, refusal } from './guard.js';
import { sendFile } from './send-file.js';
import { sendScript, sendText } from './send-text.js';

export const LOOPBACK = '127.0.0.1';
const TOKEN_BYTES = 24;
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const IDLE_MS = 60_000;
const MOST_CONNECTIONS = 1000;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** What is computed when the page asks: its result is handed to the page as JSON. */
export type Answer = (query: URLSearchParams, signal: AbortSignal) => Promise<unknown>;

export interface PageContents {
  /** Path by name. */
  files: ReadonlyMap<string, string>;
  /** Made when the server started, in place of the files of the same names. */
  scripts: ReadonlyMap<string, string>;
  /** `api/NAME.js` by NAME. */
  answers: ReadonlyMap<string, Answer>;
}

export interface PageServer extends AsyncDisposable {
  url: string;
  port: number;
}

/**
 * @param port 0: any free one
 * @throws LongattnError PORT_UNAVAILABLE
 */
export async function startPageServer(contents: PageContents, port: number): Promise<PageServer> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const server = createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: HEADERS_MS },
    (request, response) => {
      void respond(request, response, contents, token).catch(() => response.destroy());
    },
  );
  server.setTimeout(IDLE_MS);
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, port);
  const own = (server.address() as AddressInfo).port;
  return {
    url: `http://${LOOPBACK}:${own}/${token}/`,
    port: own,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, port: number): Promise<void> {
  try {
    server.listen({ host: LOOPBACK, port, exclusive: true });
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw environmentError(
      'PORT_UNAVAILABLE',
      `port ${port} of ${LOOPBACK} cannot be used (${code}). Choose another --port, or leave it out for one that is free.`,
      cause,
    );
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { files, scripts, answers }: PageContents,
  token: string,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const refused = refusal(request);
  if (refused) {
    if (refused.status === 405) response.setHeader('Allow', 'GET, HEAD');
    response.setHeader('Connection', 'close');
    return sendText(response, refused.status, refused.text);
  }
  const asked = behindToken(request.url ?? '', token);
  if (!asked)
    return sendText(response, 404, 'There is nothing here. Use the whole address that longattn serve printed.');
  const path = asked.path === '' ? 'index.html' : asked.path;
  if (asked.path === '' && !/^\/[^/]*\/$/.test(request.url!.split('?')[0]!)) {
    response.setHeader('Location', `/${token}/`);
    return sendText(response, 308, 'It begins one folder below.');
  }
  const answer = answers.get(/^api\/([a-z]+)\.js$/.exec(path)?.[1] ?? '');
  if (answer) return sendAnswer(request, response, path, asked.query, answer);
  const script = scripts.get(path);
  if (script !== undefined) return sendScript(response, script);
  const file = files.get(path);
  if (file === undefined) return sendText(response, 404, 'There is no such file.');
  return sendFile(request, response, file);
}

/** An error is an answer too: a script that fails to load could not say why. */
async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: string,
  answer: Answer,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new LongattnError('CANCELLED', 'the page does not wait any more')));
  // Attention of a long window takes longer than a silent connection may.
  request.socket.setTimeout(0);
  const value = await valueOf(answer, query, gone.signal);
  request.socket.setTimeout(IDLE_MS);
  if (!response.destroyed) sendScript(response, jsonScript(query === '' ? path : `${path}?${query}`, value));
}

async function valueOf(answer: Answer, query: string, signal: AbortSignal): Promise<unknown> {
  try {
    return await answer(new URLSearchParams(query), signal);
  } catch (error) {
    if (error instanceof LongattnError) return { error: error.message, code: error.code };
    return { error: `This is a fault of longattn: ${(error as Error).message}`, code: 'FAULT' };
  }
}
