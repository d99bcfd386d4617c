// Who may ask: programs of this machine that know the address. A page of somebody else in the same browser may send requests here too,
// by a name that resolves to 127.0.0.1 or from its own origin, so the name, the origin and what the browser says of the asker are checked.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Any port: a tunnel has its own. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

export interface Refusal {
  status: 403 | 404 | 405;
  text: string;
}

/** @returns why the request is refused; undefined: it may be answered */
export function refusal({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): Refusal | undefined {
  const { host = '', origin } = headers;
  if (!LOOPBACK.test(host)) return { status: 403, text: 'This server answers to 127.0.0.1 and localhost alone.' };
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return { status: 403, text: 'This server answers no page but its own.' };
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, text: 'This server answers no page but its own. Open its address in a new tab.' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'Only GET and HEAD are answered.' };
  return undefined;
}

/**
 * What is asked for behind the token. Nothing is decoded: no name that is served needs it, so what is encoded is not there.
 * @returns undefined where the token is another
 */
export function behindToken(target: string, token: string): { path: string; query: string } | undefined {
  const [, first = '', rest] = /^\/([^/?]*)(?:\/([^]*))?$/.exec(target) ?? [];
  const [given, own] = [Buffer.from(first), Buffer.from(token)];
  if (given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
  if (rest === undefined) return { path: '', query: '' };
  const mark = rest.indexOf('?');
  return mark < 0 ? { path: rest, query: '' } : { path: rest.slice(0, mark), query: rest.slice(mark + 1) };
}
