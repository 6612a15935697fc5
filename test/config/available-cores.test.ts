import { availableParallelism } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { automaticWorkers, availableCores } from '../../src/config/available-cores.ts';

function machine(files: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT ${path}`);
    return text;
  };
}
const V2 = { '/proc/self/cgroup': '0::/system.slice/cleanfeed.service\n' };
const V1 = { '/proc/self/cgroup': '4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n' };

describe('cores that may be used', () => {
  test.each([
    { name: 'no control groups', files: {}, want: 8 },
    {
      name: 'no quota',
      files: { ...V2, '/sys/fs/cgroup/system.slice/cleanfeed.service/cpu.max': 'max 100000\n' },
      want: 8,
    },
    {
      name: 'a quota of the service (CPUQuota=250%)',
      files: { ...V2, '/sys/fs/cgroup/system.slice/cleanfeed.service/cpu.max': '250000 100000\n' },
      want: 2.5,
    },
    {
      name: 'a smaller one of the slice',
      files: {
        ...V2,
        '/sys/fs/cgroup/system.slice/cleanfeed.service/cpu.max': '250000 100000\n',
        '/sys/fs/cgroup/system.slice/cpu.max': '200000 100000\n',
      },
      want: 2,
    },
    { name: 'in a container', files: { ...V2, '/sys/fs/cgroup/cpu.max': '400000 100000\n' }, want: 4 },
    { name: 'a quota above the cores', files: { ...V2, '/sys/fs/cgroup/cpu.max': '6400000 100000\n' }, want: 8 },
    {
      name: 'version 1',
      files: {
        ...V1,
        '/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us': '300000\n',
        '/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us': '100000\n',
      },
      want: 3,
    },
    {
      name: 'version 1 without quota',
      files: {
        ...V1,
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
      want: 8,
    },
    { name: 'what cannot be read', files: { ...V2, '/sys/fs/cgroup/cpu.max': '0 0\n' }, want: 8 },
  ])('$name', ({ files, want }) => {
    expect(availableCores(8, machine(files))).toBe(want);
  });

  test('of this machine: no more than there are', () => {
    expect(availableCores()).toBeGreaterThan(0);
    expect(availableCores()).toBeLessThanOrEqual(availableParallelism());
  });
});

test.each([
  { cores: 0.5, want: 1 },
  { cores: 1, want: 1 },
  { cores: 2, want: 1 },
  { cores: 2.5, want: 2 },
  { cores: 8, want: 7 },
  { cores: 256, want: 64 },
])('workers for $cores cores: $want', ({ cores, want }) => {
  expect(automaticWorkers(64, cores)).toBe(want);
});
