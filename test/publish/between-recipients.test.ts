/** Commands that were stopped between two recipients: what is public stays valid with whatever comes next, and nobody is left behind. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { addRecipient, rekeyRecipient, revokeRecipient } from '../../src/publish/recipient-changes.ts';
import { rotate } from '../../src/publish/rotate.ts';
import { withdrawalsOf } from '../../src/publish/withdraw.ts';
import { DAY, Publishing } from './publishing.ts';
import { decrypted } from './verified-repository.ts';

let publishing: Publishing;
beforeEach(async () => {
  publishing = await Publishing.begin();
  await publishing.recipient('isp-a');
  await publishing.recipient('isp-b');
});
afterEach(() => publishing[Symbol.dispose]());

async function withdraw(address: string): Promise<void> {
  await publishing.open(async (publisher) => {
    const events = withdrawalsOf([address], publisher.state, []);
    publisher.append(events.map(({ uid, line }) => ({ kind: 'withdrawn', uid, line }) as const));
    await publisher.bringOnlineRolesUpToDate({ isRefresh: false });
  });
}

async function refresh(): Promise<void> {
  await publishing.open(async (publisher) => await publisher.bringOnlineRolesUpToDate({ isRefresh: true }));
}

/** While `act` runs, the next metadata of this role cannot be written to the recipient. @returns what `act` failed with. */
async function blocked(name: string, role: 'targets' | 'withdrawn', act: () => Promise<unknown>): Promise<unknown> {
  const next = publishing.repository(name).versions[role] + 1;
  const folder = join(publishing.folders.repo, name, 'metadata', `${next}.${role}.json`);
  mkdirSync(join(folder, 'in-the-way'), { recursive: true });
  try {
    return await act().then(
      () => null,
      (error: unknown) => error,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const headOf = (name: string): readonly string[] =>
  [...publishing.repository(name).targets.keys()].filter((path) => path.startsWith('log/'));

test('told to stop, between any two steps: each recipient has the version before or the next, and the next command brings it to all', async () => {
  const names = ['isp-a', 'isp-b'];
  const versions = (): number[] => names.map((name) => publishing.repository(name).versions.targets);
  let stops = 0;
  for (let isOver = false; !isOver;) {
    const lines = [`x${stops}.example`];
    const before = versions();
    const signal = abortedAtCheck(stops);
    isOver = await publishing.commit(lines, { signal }).then(
      () => true,
      (error: unknown) => error !== signal.reason,
    );
    if (isOver) break;
    stops += 1;
    for (const [i, version] of versions().entries()) expect([before[i], before[i]! + 1]).toContain(version);
    await publishing.open(async (publisher) => await publisher.finishVersion());
    // It is there where the events were written before.
    if (!(await inForce()).includes(lines[0]!)) await publishing.commit(lines);
    await publishing.open((publisher) => {
      expect(publisher.late).toEqual([]);
    });
    expect(await inForce()).toEqual(lines);
    expect(versions()).toEqual(before.map((version) => version + 1));
  }
  // Before the payload of each recipient, and before the repository of each.
  expect(stops).toBe(4);
});

async function inForce(): Promise<readonly string[]> {
  return await publishing.open(({ state }) => [...state.inForce].map(([line]) => line));
}

/** As a relay has it that is told to stop: when it is asked for the how many-th time, from 0. */
function abortedAtCheck(number: number): AbortSignal {
  const stopping = new AbortController();
  const { signal } = stopping;
  const check = signal.throwIfAborted.bind(signal);
  let checks = 0;
  signal.throwIfAborted = () => {
    if (checks === number) stopping.abort(new Error('told to stop'));
    checks += 1;
    check();
  };
  return signal;
}

test.each(['withdraw', 'refresh'])(
  'the fault of one recipient keeps a %s from no other, and is named',
  async (command) => {
    await publishing.commit(['x.example', 'y.example']);
    publishing.now += 20 * DAY;
    const before = publishing.repository('isp-b').versions;
    const fault = await blocked('isp-a', 'withdrawn', async () => {
      await (command === 'withdraw' ? withdraw('x.example') : refresh());
    });
    expect(fault).toHaveProperty('code', 'not_reached');
    expect(String(fault)).toMatch(/not published to isp-a: [^;]*: it is a folder$/);
    expect(publishing.repository('isp-b').versions.withdrawn).toBe(before.withdrawn + 1);
    await refresh();
    expect(publishing.repository('isp-a').versions.withdrawn).toBe(before.withdrawn + 1);
  },
);

test('a version that cannot be published to one recipient is published to those behind it, and whom it has not reached is named', async () => {
  await publishing.commit(['x.example']);
  const fault = await blocked('isp-a', 'targets', async () => await publishing.commit(['x.example', 'y.example']));
  expect(fault).toHaveProperty('code', 'not_reached');
  expect(String(fault)).toMatch(/not published to isp-a: /);
  expect(await publishing.open(({ late }) => late)).toEqual(['isp-a']);
  expect([...publishing.repository('isp-b').targets.keys()]).toContain('match/1/1/2.full');
  await publishing.open(async (publisher) => await publisher.bringUpToDate());
  expect(await publishing.open(({ late }) => late)).toEqual([]);
});

test('a version that did not reach one recipient reaches it before the next, as a delta from what it has', async () => {
  const large = Array.from({ length: 6000 }, (_, at) => `http://host${at}.example/page.html`);
  await publishing.commit(large);
  await blocked('isp-b', 'targets', async () => await publishing.commit([...large, 'x.example']));
  await refresh();
  expect(await publishing.open(({ late }) => late)).toEqual(['isp-b']);
  await publishing.commit([...large, 'x.example', 'y.example']);
  for (const name of ['isp-a', 'isp-b'])
    expect([...publishing.repository(name).targets.keys()].filter((path) => path.startsWith('match/')).sort()).toEqual([
      'match/1/1/1.full',
      'match/1/1/2.delta',
      'match/1/1/3.delta',
    ]);
  expect(await publishing.open(({ late }) => late)).toEqual([]);
});

describe('other keys for a recipient', () => {
  test('are not written where the keys of the list are missing', async () => {
    await publishing.commit(['x.example']);
    const age = await publishing.newIdentity('isp-b');
    const key = (name: string): string => join(publishing.folders.keys, name);
    const rekey = async (): Promise<number> =>
      await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-b', { age, overlap: 0 }));
    for (const n of [1, 2]) renameSync(key(`targets-${n}.pem`), key(`away-${n}`));
    await expect(rekey()).rejects.toThrow('role targets needs');
    for (const n of [1, 2]) renameSync(key(`away-${n}`), key(`targets-${n}.pem`));
    expect(await rekey()).toBe(2);
  });

  test('that were written before there was a version under them go on when the command is given again', async () => {
    await publishing.commit(['x.example']);
    const age = await publishing.newIdentity('isp-b');
    const rekey = async (): Promise<number> =>
      await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-b', { age, overlap: 0 }));
    const pending = join(publishing.folders.keys, 'state', 'pending.json');
    mkdirSync(join(pending, 'in-the-way'), { recursive: true });
    await expect(rekey()).rejects.toThrow('EISDIR');
    rmSync(pending, { recursive: true });
    expect(await rekey()).toBe(2);
    const { bytes } = publishing.repository('isp-b').targets.get('match/1/1/2.full')!;
    await decrypted(publishing.identity('isp-b'), bytes);
    await expect(rekey()).rejects.toThrow('has that age recipient already');
  });

  // Was a fault: where only others were not reached, the error asked for another identity. All of them are reached, and it is the same version.
  test.each(['isp-a', 'isp-b'] as const)(
    'reach the others too when the command that did not reach %s is given again',
    async (name) => {
      await publishing.commit(['x.example']);
      const age = await publishing.newIdentity('isp-b');
      const rekey = async (): Promise<number> =>
        await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-b', { age, overlap: 0 }));
      expect(String(await blocked(name, 'targets', async () => void (await rekey())))).toMatch(
        `not published to ${name}: `,
      );
      expect(await rekey()).toBe(2);
      expect(await publishing.open(({ late }) => late)).toEqual([]);
      const { bytes } = publishing.repository('isp-b').targets.get('match/1/1/2.full')!;
      await decrypted(publishing.identity('isp-b'), bytes);
      await expect(rekey()).rejects.toThrow('has that age recipient already');
    },
  );

  test('that were never published do not take the place of the former identity, and the overlap is that of the last command', async () => {
    await publishing.commit(['x.example']);
    const former = publishing.identity('isp-b');
    const rekey = async (age: string, overlap: number): Promise<number> =>
      await publishing.open(async (publisher) => await rekeyRecipient(publisher, 'isp-b', { age, overlap }));
    const pending = join(publishing.folders.keys, 'state', 'pending.json');
    const interrupted = async (overlap: number): Promise<string> => {
      const age = await publishing.newIdentity('isp-b');
      mkdirSync(join(pending, 'in-the-way'), { recursive: true });
      await expect(rekey(age, overlap)).rejects.toThrow('EISDIR');
      rmSync(pending, { recursive: true });
      return age;
    };
    await interrupted(DAY);
    expect(await rekey(await publishing.newIdentity('isp-b'), DAY)).toBe(2);
    await decrypted(former, publishing.repository('isp-b').targets.get('match/1/1/2.full')!.bytes);
    const second = publishing.identity('isp-b');
    expect(await rekey(await interrupted(DAY), 0)).toBe(3);
    const { bytes } = publishing.repository('isp-b').targets.get('match/1/1/3.full')!;
    await decrypted(publishing.identity('isp-b'), bytes);
    await expect(decrypted(second, bytes)).rejects.toThrow('no identity');
  });
});

// Was a fault: the command that was given again, as its error asks for, said that the recipient was there already and that it should be rekeyed.
test.each([
  { versions: 'a version', lists: [['x.example']] },
  { versions: 'no version yet', lists: [] },
])(
  'a recipient that was added, and got nothing, gets it when the command is given again: $versions',
  async ({ lists }) => {
    for (const list of lists) await publishing.commit(list);
    const age = await publishing.newIdentity('isp-c');
    const add = async (names: string | null = null): Promise<void> =>
      await publishing.open(async (publisher) => await addRecipient(publisher, 'isp-c', { age, names }));
    const inTheWay = join(publishing.folders.keys, 'state', 'published', 'isp-c.json');
    mkdirSync(join(inTheWay, 'in-the-way'), { recursive: true });
    await expect(add()).rejects.toThrow('isp-c.json');
    rmSync(inTheWay, { recursive: true });
    await expect(add(age)).rejects.toThrow('already');
    await add();
    expect(publishing.repository('isp-c').targets.has('match/1/1/1.full')).toBe(lists.length > 0);
    await expect(add()).rejects.toThrow('already');
  },
);

test('nothing is published to a recipient whose revocation was interrupted, and the command given again ends it', async () => {
  await publishing.commit(['x.example']);
  const before = publishing.repository('isp-b').versions;
  await publishing.open((publisher) => publisher.append([{ kind: 'recipient', name: 'isp-b', change: 'revoked' }]));
  await publishing.commit(['y.example']);
  await refresh();
  expect(publishing.repository('isp-b').versions).toEqual(before);
  const revoke = async (): Promise<void> =>
    await publishing.open(async (publisher) => await revokeRecipient(publisher, 'isp-b'));
  await revoke();
  expect(Date.parse(publishing.repository('isp-b').expires)).toBe(publishing.now);
  await expect(revoke()).rejects.toThrow('was revoked');
});

describe('a rotation', () => {
  // Was a fault: each time that it was given again the role got twice as many keys, any of which could sign.
  test.each(['timestamp', 'root', 'withdrawn'] as const)(
    'of %s that is given again after it was interrupted leaves as many keys as before, none of them a former one',
    async (role) => {
      await publishing.commit(['x.example']);
      const keys = async (): Promise<readonly string[]> =>
        await publishing.open(({ settings }) => settings.roles[role].keys.map((key) => key.public));
      const before = await keys();
      const rotated = async (): Promise<unknown> =>
        await publishing.open(async (publisher) => await rotate(publisher, role));
      const between: string[] = [];
      for (const _ of ['once', 'twice']) {
        expect(await blocked('isp-b', 'targets', rotated)).toHaveProperty('code', 'not_reached');
        between.push(...(await keys()));
      }
      expect(between.length).toBeGreaterThan(3 * before.length);
      await rotated();
      const after = await keys();
      expect(after).toHaveLength(before.length);
      expect(between.filter((key) => after.includes(key))).toEqual([]);
      for (const name of ['isp-a', 'isp-b']) publishing.repository(name);
      await refresh();
    },
  );

  test.each(['withdrawn', 'log', 'snapshot'] as const)(
    'of %s that reached one recipient leaves the other valid through a removal and a refresh',
    async (role) => {
      await publishing.commit(['x.example', 'y.example']);
      const fault = await blocked('isp-b', 'targets', async () => {
        await publishing.open(async (publisher) => await rotate(publisher, role));
      });
      expect(fault).not.toBeNull();
      const head = headOf('isp-b');
      await withdraw('x.example');
      for (const name of ['isp-a', 'isp-b']) publishing.repository(name);
      expect(publishing.repository('isp-b').targets.has('withdrawn/1.set')).toBe(true);
      publishing.now += 20 * DAY;
      await refresh();
      // Signed with a key that its targets do not name yet, a head would be refused.
      expect(headOf('isp-b')).toEqual(head);
      for (const name of ['isp-a', 'isp-b']) publishing.repository(name);
    },
  );
});
