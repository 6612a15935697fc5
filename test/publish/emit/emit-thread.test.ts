/** Threads do what is done without them: the same records, and a job that fails says why. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import type { EmitJob, EmitResult } from '../../../src/publish/emit/emit-job.ts';
import { emit } from '../../../src/publish/emit/emit-job.ts';
import { emitAll } from '../../../src/publish/emit/emit-pool.ts';
import { EMITTERS, OWN_EMITTERS } from '../../../src/publish/emit/emitter.ts';
import { formColumns } from '../../../src/publish/emit/entry-columns.ts';
import type { FormColumns } from '../../../src/publish/emit/entry-columns.ts';
import { ageRecipients, digestKeys, newRecipient } from '../../../src/publish/state/recipients.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { Publishing } from '../publishing.ts';

let publishing: Publishing | null = null;
let folder: TemporaryDirectory | null = null;
afterEach(() => {
  publishing?.[Symbol.dispose]();
  folder?.[Symbol.dispose]();
});

async function jobFor(name: string): Promise<EmitJob> {
  publishing ??= new Publishing();
  folder ??= temporaryDirectory();
  const recipient = newRecipient(name, await publishing.newIdentity(name), null);
  return {
    recipient: name,
    keys: digestKeys(recipient),
    age: ageRecipients(recipient, 0),
    version: 1,
    time: 0,
    records: folder.file(`records-${name}`),
    targets: folder.file(name),
    change: null,
    names: null,
    whole: null,
    before: {},
    published: [],
  };
}

const lines = Array.from({ length: 10_000 }, (_, i) => [`http://a${i}.example/x`, i + 1] as const);
const columns = (entries: readonly (readonly [string, number])[]): FormColumns =>
  formColumns(() => entries, entries.length, EMITTERS);

test('two recipients on two threads get what they would get without', async () => {
  const jobs = [await jobFor('isp-a'), await jobFor('isp-b')];
  const steps: number[] = [];
  const progress = (done: number): number => steps.push(done);
  const options = { emitters: OWN_EMITTERS, change: null, whole: () => lines, progress };
  const threaded = await emitAll(jobs, { ...options, entries: 10_000 });
  // One alone is not worth a thread.
  const here = [
    ...(await emitAll(jobs.slice(0, 1), { ...options, entries: 10_000 })),
    ...(await emitAll(jobs.slice(1), { ...options, entries: 10_000 })),
  ];
  expect(threaded.map(({ recipient, digests }) => ({ recipient, digests }))).toEqual(
    here.map(({ recipient, digests }) => ({ recipient, digests })),
  );
  expect(steps).toEqual([1, 2, 1, 1]);
});

test('a job that needs the whole list asks for it, and one that fails says why', async () => {
  const job = await jobFor('isp-a');
  expect(await emit(job, EMITTERS)).toBeNull();
  const thread = new Worker(new URL('../../../src/publish/emit/emit-thread.ts', import.meta.url), {
    workerData: OWN_EMITTERS.href,
  });
  const ask = async (asked: EmitJob): Promise<{ readonly result?: EmitResult | null; readonly error?: unknown }> => {
    thread.postMessage(asked, []);
    const [answer] = (await once(thread, 'message')) as [
      { readonly result?: EmitResult | null; readonly error?: unknown },
    ];
    return answer;
  };
  try {
    expect(await ask(job)).toEqual({ result: null });
    expect(await ask({ ...job, age: ['age1x'], whole: columns(lines) })).toEqual({ error: expect.anything() });
  } finally {
    await thread.terminate();
  }
  const [failing] = [{ ...job, age: ['age1x'] }];
  const options = { emitters: OWN_EMITTERS, change: null, whole: () => lines, progress: () => {}, entries: 10_000 };
  await expect(emitAll([failing], options)).rejects.toThrow(/age1x|bech32|length|Invalid/i);
});

test('a delta is made only for whoever was given the version before', async () => {
  const job = await jobFor('isp-a');
  const first = await emit({ ...job, whole: columns(lines) }, EMITTERS);
  const change = { added: columns([['http://b.example/x', 20_000]]), removed: new Float64Array() };
  const next = { ...job, version: 2, change, before: first!.digests, published: first!.targets };
  const second = await emit(next, EMITTERS);
  const more = { added: columns([['http://c.example/x', 20_001]]), removed: new Float64Array() };
  const third = await emit({ ...next, version: 3, change: more, before: second!.digests }, EMITTERS);
  const paths = [second, third].map((result) => result?.targets.map(({ path }) => path));
  expect(paths).toEqual([['match/1/1/1.full', 'match/1/1/2.delta'], ['match/1/1/3.full']]);
});
