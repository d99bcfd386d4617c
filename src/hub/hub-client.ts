// A client of the Hub as the environment says: its address, its token, its proxy.
import type { Sleep } from './retry.js';
import { HubClient } from './http-client.js';
import { proxyFetch } from './proxy.js';
import type { HubSettings } from './settings.js';
import { readToken } from './token.js';

export interface HubOptions {
  /** Branch, tag or commit; `org/name@revision` says the same. Default: main. */
  revision?: string | undefined;
  /** Default: the global fetch, or one through the proxy that the environment names. */
  fetch?: typeof globalThis.fetch;
  /** Default: process.env. */
  env?: NodeJS.ProcessEnv;
  /** How waits between attempts are made. Default: real time. */
  sleep?: Sleep;
}

/** @throws LongattnError of a token or a proxy that cannot be used */
export async function hubClient(
  settings: HubSettings,
  { env = process.env, fetch, sleep }: HubOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<HubClient> {
  return new HubClient(settings, await readToken(env, settings), signal, fetch ?? (await proxyFetch(env)), sleep);
}
