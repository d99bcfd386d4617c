import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { cgroupQuota, usableProcessors } from '../../src/base/processors.js';
import { tempFolder } from '../support/temp-folder.js';

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});
const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
const quota = (): number => cgroupQuota(path.join(folder, 'cgroup'), path.join(folder, 'sys'));

describe('cgroupQuota', () => {
  it.each([
    ['a quota', '0::/job/step\n', { 'job/step/cpu.max': '250000 100000\n' }, 2.5],
    [
      'the smallest of those around it',
      '0::/job/step\n',
      { 'job/step/cpu.max': 'max 100000', 'job/cpu.max': '50000 100000' },
      0.5,
    ],
    ['no limit', '0::/job\n', { 'job/cpu.max': 'max 100000\n' }, Infinity],
    ['a container that sees the path of its host', '0::/docker/abc\n', { 'cpu.max': '400000 100000\n' }, 4],
    [
      'version 1',
      '4:memory:/job\n3:cpu,cpuacct:/job\n0::/\n',
      { 'cpu,cpuacct/job/cpu.cfs_quota_us': '150000\n', 'cpu,cpuacct/job/cpu.cfs_period_us': '100000\n' },
      1.5,
    ],
    [
      'version 1 without a limit',
      '3:cpu,cpuacct:/job\n',
      { 'cpu/job/cpu.cfs_quota_us': '-1\n', 'cpu/job/cpu.cfs_period_us': '100000\n' },
      Infinity,
    ],
    ['nonsense', '0::/job\nx\n', { 'job/cpu.max': 'abc' }, Infinity],
  ])('%s', (_, cgroup, files, expected) => {
    write('cgroup', cgroup);
    for (const [file, text] of Object.entries(files)) write(path.join('sys', file), text);
    expect(quota()).toBe(expected);
  });

  it('has no limit where there are no control groups', () => {
    expect(quota()).toBe(Infinity);
  });
});

describe('usableProcessors', () => {
  it('is at most what there is, rounds up, and at least 1', () => {
    expect(usableProcessors(Infinity)).toBe(availableParallelism());
    expect(usableProcessors(0.2)).toBe(1);
    expect(usableProcessors(1)).toBe(1);
    expect(usableProcessors(1.5)).toBe(Math.min(2, availableParallelism()));
  });
});
