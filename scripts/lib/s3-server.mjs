// A real S3 server (versitygw) on 127.0.0.1 for the checks of storage, and a proxy before it that misbehaves on request.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers';
import { freePort } from './free-port.mjs';
import { run, SetupError } from './step.mjs';

/** Built by `go install` into longattn's cache: once a machine, two minutes of a processor. */
export function goTool(module, version) {
  const cache = process.env.LONGATTN_CACHE || path.join(os.homedir(), '.cache', 'longattn');
  const folder = path.join(cache, `${path.basename(module)}-${version}`);
  const binary = path.join(folder, path.basename(module));
  if (existsSync(binary)) return binary;
  const go = ['go', '/usr/local/go/bin/go'].find((name) => {
    try {
      return run(name, ['version'], { quiet: true });
    } catch {
      return false;
    }
  });
  if (!go) throw new SetupError('Go is not installed.');
  mkdirSync(folder, { recursive: true });
  run(go, ['install', `${module}@${version}`], { env: { GOBIN: folder }, quiet: true });
  return binary;
}

export const ACCESS_KEY = 'longattn-test';
export const SECRET_KEY = 'SECRET-of-the-check';

/** Starts the server over an empty folder. Files that lie in it without having been put have no tag. */
export async function startS3(binary) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-s3-'));
  const port = await freePort();
  const child = spawn(binary, ['--quiet', '--port', `127.0.0.1:${port}`, 'posix', folder], {
    env: { PATH: process.env.PATH, HOME: folder, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
    stdio: 'ignore',
  });
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let i = 0; !(await answers(port)); i++) {
    if (i === 200 || child.exitCode !== null) throw new SetupError(`${binary} does not answer.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { endpoint: `http://127.0.0.1:${port}`, stop };
}

/**
 * Forwards to `target`, host header and all, so that signatures hold.
 * @param fault (number of the request, its headers) -> undefined, { status }, { cutAfter: bytes of the answer's body }
 *   or { dropAfter: bytes of the request's own body }
 */
export async function startProxy(target, fault) {
  let count = 0;
  const faults = { busy: 0, cut: 0 };
  const server = http.createServer((request, response) => {
    const { status, cutAfter = Infinity, dropAfter = Infinity } = fault(++count, request) ?? {};
    if (status) {
      faults.busy++;
      request.resume();
      response.writeHead(status).end('<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>');
      return;
    }
    const { method, url, headers } = request;
    const forward = http.request(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      let sent = 0;
      answer.on('data', (chunk) => {
        const part = chunk.subarray(0, cutAfter - sent);
        sent += part.length;
        const more = response.write(part);
        if (sent >= cutAfter) {
          faults.cut++;
          answer.destroy();
          setImmediate(() => response.destroy());
        } else if (!more) {
          answer.pause();
          response.once('drain', () => answer.resume());
        }
      });
      answer.on('end', () => response.end());
    });
    forward.on('error', () => response.destroy());
    request.on('error', () => forward.destroy());
    let taken = 0;
    request.on('data', (chunk) => {
      taken += chunk.length;
      if (taken <= dropAfter) return;
      faults.cut++;
      forward.destroy();
      request.destroy();
    });
    request.pipe(forward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { endpoint: `http://127.0.0.1:${server.address().port}`, faults, requests: () => count, stop };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy()).on('error', () => resolve(false));
  });
}
