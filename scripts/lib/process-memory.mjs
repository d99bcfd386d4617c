// Where the memory of this process is: what malloc and V8 have given out, and what the kernel holds for it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { root, run } from './step.mjs';

const MB = 1e6;

/** Builds what asks malloc (glibc, a C compiler); needs `node --expose-gc`. */
export function processMemory() {
  const malloc = build();
  return async function sample() {
    // An object's native half is let go of in a turn of the loop after the collection that found it.
    for (let round = 0; round < 3; round++) {
      globalThis.gc();
      await setImmediate();
    }
    const kept = fromStatus().VmRSS;
    malloc.trim();
    const { VmRSS, RssAnon, RssFile, Threads } = fromStatus();
    const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    return {
      /** Given out: by malloc (array buffers are of it) and on V8's heap. */
      live: (malloc.inUse() + heapUsed) / MB,
      malloc: malloc.inUse() / MB,
      heap: heapUsed / MB,
      /** With what V8 keeps for later. */
      pages: heapTotal / MB,
      external: (external - arrayBuffers) / MB,
      buffers: arrayBuffers / MB,
      /** Resident as it was found, and once malloc has handed back its free pages. */
      kept: kept / MB,
      resident: VmRSS / MB,
      anonymous: RssAnon / MB,
      file: RssFile / MB,
      threads: Threads,
      descriptors: readdirSync('/proc/self/fd').length,
      mappings: readFileSync('/proc/self/maps', 'utf8').split('\n').length,
    };
  };
}

/** Bytes of what is given in kB (of 1,024), else the count. */
function fromStatus() {
  const lines = readFileSync('/proc/self/status', 'utf8').matchAll(/^(\w+):\s+(\d+)( kB)?$/gm);
  return Object.fromEntries(Array.from(lines, ([, key, value, kilo]) => [key, Number(value) * (kilo ? 1024 : 1)]));
}

function build() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-malloc-'));
  try {
    const file = path.join(folder, 'malloc-info.node');
    const headers = path.join(root, 'node_modules', 'node-api-headers', 'include');
    const source = path.join(root, 'scripts', 'lib', 'malloc-info.c');
    run(process.env.CC ?? 'cc', ['-shared', '-fPIC', '-O1', '-I', headers, source, '-o', file]);
    return createRequire(import.meta.url)(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
