// A proxy on 127.0.0.1 that tunnels and counts: what goes through it, and what does not.
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { proxyFetch } from '../../src/hub/proxy.js';
import { failure, workbench } from './setup.js';
import { testModel } from './sharded-model.js';

const bench = workbench();
/** Hosts that were asked for, as HOST:PORT. */
let tunnels: string[];
let credentials: (string | undefined)[];
let server: http.Server;

beforeEach(async () => {
  tunnels = [];
  credentials = [];
  server = http.createServer();
  server.on('connect', (request, client) => {
    tunnels.push(request.url!);
    credentials.push(request.headers['proxy-authorization']);
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = net.connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    for (const end of [client, target]) end.on('error', () => [client, target].forEach((each) => each.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const proxy = (user = '') => `http://${user}127.0.0.1:${(server.address() as AddressInfo).port}`;

describe('a proxy in the environment', () => {
  it.each(['HTTP_PROXY', 'http_proxy'])('in %s takes every request to the Hub and its CDN', async (name) => {
    bench.hub.add('org/name', testModel().files);
    const { source } = await bench.resolve('org/name', { env: { ...bench.env, [name]: proxy('me:secret@') } });
    expect(source).toBe('hub');
    const hosts = new Set([bench.hub.endpoint, bench.hub.cdnOrigin].map((origin) => new URL(origin).host));
    expect(new Set(tunnels)).toEqual(hosts);
    expect(new Set(credentials)).toEqual(new Set([`Basic ${Buffer.from('me:secret').toString('base64')}`]));
  });

  it('is not used for hosts of NO_PROXY', async () => {
    bench.hub.add('org/name', testModel().files);
    for (const none of ['127.0.0.1', '*', 'example.org, 127.0.0.1']) {
      const env = { ...bench.env, HTTP_PROXY: proxy(), NO_PROXY: none };
      expect((await bench.resolve('org/name', { env })).id).toBe('org/name');
    }
    expect(bench.hub.served.length).toBeGreaterThan(0);
    expect(tunnels).toEqual([]);
  });

  it('that cannot be reached is named, and its password is not', async () => {
    bench.hub.add('org/name', testModel().files);
    const env = { ...bench.env, HTTP_PROXY: 'http://me:secret@127.0.0.1:9' };
    const error = await bench.resolve('org/name', { env }).catch((reason: unknown) => reason as Error);
    expect(error).toEqual(failure('HUB_UNREACHABLE', 'The proxy in HTTPS_PROXY'));
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('secret');
  });

  it.each(['socks5://me:secret@host', 'http://', '::'])('that is no address of one is refused: %s', async (text) => {
    const error = await proxyFetch({ HTTPS_PROXY: text }).catch((reason: unknown) => reason as Error);
    expect(error).toEqual(failure('INVALID_OPTION', 'HTTPS_PROXY must be'));
    expect((error as Error).message).not.toContain('secret');
  });
});

it('without a proxy is no fetch of ours', async () => {
  expect(await proxyFetch({ NO_PROXY: '*', HTTPS_PROXY: '' })).toBeUndefined();
});
