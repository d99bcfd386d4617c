#!/usr/bin/env node
// What `longattn` starts. CommonJS and before everything else, because two things are too late once the command's modules are there:
// libuv reads the size of its pool when the first work comes (imports read files), and SIGUSR1 would open Node's inspector meanwhile.
import os = require('node:os');

// Tokenisers work on libuv's pool, whose four threads would be the limit of any machine; four more so that reads need not wait for them.
process.env['UV_THREADPOOL_SIZE'] ??= String(os.availableParallelism() + 4);

/** Ends the process where no command listens: before it does, and after it has ended. */
const end = (signal: NodeJS.Signals): void => {
  if (process.listenerCount(signal) === 1) process.exit(128 + os.constants.signals[signal]);
};
for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, end);

void import('./main.js');
