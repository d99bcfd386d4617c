// Servers on 127.0.0.1 for the checks of storage, and a proxy before them that misbehaves on request: versitygw, a real S3 server, which takes
// minutes to build; moto, S3 in Python, which checks no signatures but is installed in seconds; fake-gcs-server, Google's protocol.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers';
import { freePort } from './free-port.mjs';
import { run, SetupError } from './step.mjs';

const cache = () => process.env.LONGATTN_CACHE || path.join(os.homedir(), '.cache', 'longattn');

/**
 * Built by `go install` into longattn's cache: once a machine, minutes of a processor.
 * @param build false: undefined where it is not built yet
 */
export function goTool(module, version, { build = true } = {}) {
  const folder = path.join(cache(), `${path.basename(module)}-${version}`);
  const binary = path.join(folder, path.basename(module));
  if (existsSync(binary)) return binary;
  if (!build) return undefined;
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

/** Of what its server for S3 alone needs: all of `moto[server]` is several times as much. */
const MOTO = ['moto[s3]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5'];

/** Its folder for PYTHONPATH, in longattn's cache. An install that was interrupted is never taken for a whole one. */
export function motoPackages() {
  const folder = path.join(cache(), MOTO[0].replace(/\W+/g, '-'));
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}.tmp`;
  mkdirSync(cache(), { recursive: true });
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-warn-conflicts'];
    run('python3', [...pip, '--target', draft, ...MOTO], { env: { PIP_ROOT_USER_ACTION: 'ignore' }, quiet: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** versitygw over an empty folder. Files that lie in it without having been put have no tag. */
export function startVersitygw(binary) {
  return startServer(binary, (port, folder) => ({
    args: ['--quiet', '--port', `127.0.0.1:${port}`, 'posix', folder],
    env: { ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
  }));
}

/** @param packages as motoPackages gives them */
export function startMoto(packages) {
  return startServer('python3', (port) => ({
    args: ['-c', 'from moto.server import main; main()', '-H', '127.0.0.1', '-p', String(port)],
    env: { PYTHONPATH: packages },
  }));
}

export function startFakeGcs(binary) {
  return startServer(binary, (port) => {
    const place = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-public-host', `127.0.0.1:${port}`];
    return { args: ['-backend', 'memory', '-log-level', 'error', ...place], env: {} };
  });
}

/** @param how (port, empty folder) -> its arguments and environment */
async function startServer(command, how) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-server-'));
  const port = await freePort();
  const { args, env } = how(port, folder);
  const child = spawn(command, args, { env: { PATH: process.env.PATH, HOME: folder, ...env }, stdio: 'ignore' });
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let i = 0; !(await answers(port)); i++) {
    if (i === 1200 || child.exitCode !== null) throw new SetupError(`${command} does not answer.`);
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
