import { totalmem } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { resourcesOf } from '../../src/admin/resources.ts';
import { controlView } from '../observe/fixtures.ts';

const TAKEN = { cpuSeconds: 9, residentBytes: 300, virtualBytes: null, listBytes: 100 };

describe('resources', () => {
  test.each([
    { name: 'a limit of its own', memoryLimit: 1000, limitBytes: 1000, isOwnLimit: true },
    { name: 'no limit: what the machine has', memoryLimit: null, limitBytes: totalmem(), isOwnLimit: false },
    { name: 'a limit that no machine has', memoryLimit: 2 ** 50, limitBytes: totalmem(), isOwnLimit: false },
  ])('$name', ({ memoryLimit, limitBytes, isOwnLimit }) => {
    const view = controlView({ resources: () => ({ ...TAKEN, memoryLimit }) });
    expect(resourcesOf(view)).toMatchObject({
      memory: { usedBytes: 300, listBytes: 100, limitBytes, isOwnLimit },
      maxConnections: 200,
    });
  });
});
