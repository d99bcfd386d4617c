// What a server of a page gives to whom: nothing without its token, nothing outside its list, nothing to other pages and names.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { listFiles } from '../../src/serve/listing.js';
import { startPageServer, type PageServer } from '../../src/serve/page-server.js';
import { invalid } from '../../src/base/errors.js';
import { temporaryFolder } from '../support/cli.js';

const SECRET = 'not for the page';
const folder = temporaryFolder();
const site = path.join(folder, 'site');
let server: PageServer;
let base: string;

beforeAll(async () => {
  mkdirSync(path.join(site, 'data'), { recursive: true });
  writeFileSync(path.join(folder, 'secret.txt'), SECRET);
  writeFileSync(path.join(site, 'index.html'), '<!doctype html>page');
  writeFileSync(path.join(site, 'data', 'a@1.js'), '0123456789');
  symlinkSync(path.join(folder, 'secret.txt'), path.join(site, 'data', 'link.js'));
  const answers = new Map([
    ['echo', async (query: URLSearchParams) => ({ q: query.get('q') })],
    ['wrong', () => Promise.reject(invalid('k', 5, 'even'))],
  ]);
  const scripts = new Map([['data/meta.js', 'made at the start']]);
  server = await startPageServer({ files: await listFiles(site), scripts, answers }, 0);
  base = new URL(server.url).pathname;
  writeFileSync(path.join(site, 'later.js'), SECRET);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** As it stands: neither path nor Host are made better on the way. */
function ask(
  target: string,
  headers: http.OutgoingHttpHeaders = {},
  method = 'GET',
  agent?: http.Agent,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path: target, method, headers, agent };
    const request = http.request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      response.on('error', reject);
    });
    request.on('error', reject).end();
  });
}

describe('a served page', () => {
  it('gives out what is in the folder, what was made at the start, and answers', async () => {
    const page = await ask(base);
    expect(page).toMatchObject({ status: 200, body: '<!doctype html>page' });
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    expect(await ask(base.slice(0, -1))).toMatchObject({ status: 308, headers: { location: base } });
    expect(await ask(`${base}data/a@1.js`)).toMatchObject({ status: 200, body: '0123456789' });
    expect(await ask(`${base}data/meta.js`)).toMatchObject({ status: 200, body: 'made at the start' });
    expect((await ask(`${base}api/echo.js?q=%3C%2Fscript%3E`)).body).toBe(
      'D("api/echo.js?q=%3C%2Fscript%3E","json","{\\"q\\":\\"</script>\\"}")\n',
    );
    expect((await ask(`${base}api/wrong.js`)).body).toContain('INVALID_OPTION');
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=8-', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=10-', 416, 'The file ends before this range.\n', 'bytes */10'],
    ['bytes=-0', 416, 'The file ends before this range.\n', 'bytes */10'],
    ['bytes=4-2', 200, '0123456789', undefined],
    ['bytes=0-1,4-5', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ])('range %s', async (Range, status, body, range) => {
    const reply = await ask(`${base}data/a@1.js`, { Range });
    expect(reply).toMatchObject({ status, body });
    expect(reply.headers['content-range']).toBe(range);
  });

  it('answers HEAD without a body', async () => {
    for (const name of ['', 'data/a@1.js', 'data/meta.js', 'nothing'])
      expect((await ask(base + name, {}, 'HEAD')).body).toBe('');
    expect((await ask(`${base}data/a@1.js`, {}, 'HEAD')).headers['content-length']).toBe('10');
  });

  const names = ['secret.txt', 'site/index.html'];
  const ways = [
    '../',
    '..%2f',
    '%2e%2e/',
    '%2e%2e%2f',
    '..\\',
    '..%5c',
    '%252e%252e%252f',
    '..%c0%af',
    './../',
    'data/../../',
    '/../',
    '//',
  ];
  it.each([
    ...ways.flatMap((way) => names.flatMap((name) => [way + name, way + way + name, `data/${way}${way}${name}`])),
    ...[
      'data/link.js',
      'later.js',
      'data',
      'data/',
      'index.html/',
      'index.html%00.js',
      'data/a%401.js',
      '__proto__',
      'api/',
      'api/none.js',
    ],
    ...['api/../data/a@1.js', 'constructor', '/etc/passwd', 'DATA/a@1.js'],
  ])('has nothing at %s', async (name) => {
    const { status, body } = await ask(base + name);
    expect(status).toBe(404);
    expect(body).not.toContain(SECRET);
  });

  it('has nothing without its token', async () => {
    for (const target of [
      '/',
      '/index.html',
      `${base.slice(0, -2)}x/`,
      `${base.slice(0, -2)}/`,
      `/x${base}`,
      `//${base}`,
      '*',
      `http://127.0.0.1:${server.port}${base}`,
    ])
      expect({ target, ...(await ask(target)) }).toMatchObject({ status: 404 });
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.2',
    '0.0.0.0',
    '[::]',
    'localhost:80:80',
    'user@localhost',
  ])('refuses the name %p', async (Host) => {
    expect((await ask(base, { Host })).status).toBe(403);
  });

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1:65535', '[::1]:8000'])(
    'answers to %s, whatever the port of a tunnel',
    async (Host) => {
      expect((await ask(base, { Host })).status).toBe(200);
      expect((await ask(base, { Host, Origin: `http://${Host}` })).status).toBe(200);
    },
  );

  it('answers no page of others, and only GET and HEAD', async () => {
    for (const Origin of ['http://evil.example', 'null', 'https://127.0.0.1', 'http://localhost:1'])
      expect((await ask(base, { Origin })).status).toBe(403);
    for (const site of ['cross-site', 'same-site', 'x'])
      expect((await ask(base, { 'Sec-Fetch-Site': site })).status).toBe(403);
    for (const site of ['none', 'same-origin']) expect((await ask(base, { 'Sec-Fetch-Site': site })).status).toBe(200);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      const { status, headers } = await ask(base, {}, method);
      expect({ method, status, allow: headers.allow }).toEqual({ method, status: 405, allow: 'GET, HEAD' });
    }
  });

  it('listens on loopback alone', async () => {
    const others = Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = others.filter(({ internal }) => !internal).map(({ address }) => address);
    for (const host of [...addresses, '127.0.0.2']) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = net.connect({ host, port: server.port }, () => (socket.destroy(), resolve(true)));
        socket.on('error', () => resolve(false));
      });
      expect({ host, reached }).toEqual({ host, reached: false });
    }
    await expect(
      startPageServer({ files: new Map(), scripts: new Map(), answers: new Map() }, server.port),
    ).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
    });
  });

  it('serves or refuses 10,000 requests, 200 at once, beside clients that say nothing and clients that do not read', async () => {
    const slow = Array.from({ length: 50 }, (_, i) => {
      const socket = net.connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(i % 2 === 0 ? 'GET ' : `GET ${base}data/a@1.js HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      return socket.pause();
    });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 200 });
    const kinds = [
      [base, 'GET', 200],
      [`${base}data/a@1.js`, 'GET', 200],
      [`${base}../secret.txt`, 'GET', 404],
      ['/guess/', 'GET', 404],
      [`${base}api/echo.js?q=1`, 'GET', 200],
      [base, 'POST', 405],
    ] as const;
    let next = 0;
    const wrong: unknown[] = [];
    const client = async (): Promise<void> => {
      while (next < 10_000) {
        const [target, method, status] = kinds[next++ % kinds.length]!;
        const reply = await ask(target, {}, method, agent);
        if (reply.status !== status || reply.body.includes(SECRET)) wrong.push([target, reply]);
      }
    };
    await Promise.all(Array.from({ length: 200 }, client));
    agent.destroy();
    slow.forEach((socket) => socket.destroy());
    expect(wrong).toEqual([]);
  }, 120_000);
});
