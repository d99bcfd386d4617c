// Options of the machine. They change no result; a device the last digits.
import type { Rows } from '../row.js';
import * as type from '../types.js';

export const MACHINE = {
  threads: {
    stage: 'none',
    group: 'machine',
    type: type.whole(0),
    default: '0',
    allowed: 'a whole number, 0 for all cores',
    help: 'threads of the kernel, 0 for all cores',
  },
  workers: {
    stage: 'none',
    group: 'machine',
    type: type.whole(1),
    default: '1',
    allowed: 'a whole number of parts at work at once, at least 1',
    help: 'parts at work at once',
  },
  batch: {
    stage: 'none',
    group: 'machine',
    type: type.whole(1),
    default: '4',
    allowed: 'a whole number of windows a device, at least 1',
    help: 'windows a call of the addon, of each device',
  },
  memory: {
    stage: 'none',
    group: 'machine',
    type: type.bytes,
    default: '1GiB',
    allowed: 'a number of bytes such as 512MiB or 2GiB',
    help: 'bytes for the table of projected tokens',
  },
  device: {
    stage: 'none',
    group: 'machine',
    type: type.device,
    default: 'cpu',
    allowed: 'cpu, cuda, cuda:i with i from 0, a list such as cuda:0,cuda:1, or cuda:all',
    help: 'where the model works: cpu, cuda, cuda:i, cuda:0,cuda:1 or cuda:all',
  },
  shard: {
    stage: 'none',
    group: 'machine',
    type: type.shard,
    allowed: 'i/n with i from 1 to n, such as 2/8',
    help: 'i/n: do only the parts p with p mod n = i-1',
  },
} as const satisfies Rows;
