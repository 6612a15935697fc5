/** Puts together what a protected list consists of, as its configuration says. It must decide nothing. */
import type { ProtectedTerms } from '../../../config/list-types.ts';
import { DEADLINES } from '../../../lib/deadlines.ts';
import { steadyNow } from '../../../lib/steady-clock.ts';
import { systemTime, type Time } from '../../../lib/time.ts';
import type { Log } from '../../../observe/log.ts';
import { listError } from '../../list-error.ts';
import { readKey } from '../../transparency/signed-note.ts';
import type { NoteKey } from '../../transparency/signed-note.ts';
import { INFO_FORMAT } from '../../protected/payload-format.ts';
import { OWN_FORM } from '../../protected/vectors.ts';
import { FileWatch } from '../file-watch.ts';
import { HttpClient } from '../http-client.ts';
import { readSecret } from '../secret.ts';
import type { SourceEvents } from '../source.ts';
import type { FetchProgress } from './fetch-target.ts';
import { FolderRepository } from './folder-repository.ts';
import { HttpsRepository } from './https-repository.ts';
import { Identity } from './identity.ts';
import { ImageMaker } from './image-maker.ts';
import type { MirrorFault } from './mirror-turns.ts';
import { NamesPayloads } from './names-payloads.ts';
import { poll } from '../poll.ts';
import { formerFolders, placeOf, Store, storeFolder } from './store.ts';
import { SyncedRepository } from './synced-repository.ts';
import { TufSource } from './tuf-source.ts';

export interface TufOptions {
  /** Of the list. */
  readonly name: string;
  readonly stateDirectory: string;
  readonly owner: string;
  /** Null: only what lies here is read, and nothing is changed. */
  readonly instance: TufInstance | null;
  readonly time?: Time;
}

/** What keeps a list up to date. */
export interface TufInstance {
  readonly log: Log;
  /** Milliseconds since the epoch, by a clock that follows no jump. */
  readonly now: () => number;
  /** As `now`, but no later than the wall clock: what has expired by one of the two alone is taken, since a removal must not wait for the clocks to agree. */
  readonly earliest: () => number;
}

/** What this program reads. */
const SUPPORTED = { format: INFO_FORMAT, form: OWN_FORM.form };

/** It is as long as the list of parts, each of which is made once. */
export function openTuf(terms: ProtectedTerms, options: TufOptions): TufSource {
  const { name, stateDirectory, owner, instance, time = systemTime } = options;
  const isOffline = instance === null;
  const client = new HttpClient(terms.http, time);
  const mirrors = terms.mirrors.map((mirror) =>
    mirror.kind === 'https' ? new HttpsRepository({ url: mirror.url, client }) : new FolderRepository(mirror.path),
  );
  const store = new Store({
    folder: storeFolder(stateDirectory, name, placeOf(terms.mirrors)),
    owner,
    ...(isOffline ? {} : { former: formerFolders(stateDirectory, name, terms.mirrors) }),
    onDamage: (file, reason) => instance?.log.event('error', 'list.state_lost', { list: name, file, reason }),
    onRepair: (file, reason) => instance?.log.event('warn', 'list.state_repaired', { list: name, file, reason }),
  });
  const identity = async (): Promise<Identity> => Identity.parse(await readSecret(terms.identity));
  const onFault: MirrorFault = (mirror, { code, message: reason }) =>
    instance?.log.event('warn', 'list.mirror_failed', { list: name, mirror, code, reason });
  const repository = new SyncedRepository({
    store,
    mirrors,
    rootPath: terms.root,
    supported: SUPPORTED,
    identity,
    now: instance?.now ?? time.wall,
    earliest: instance?.earliest ?? time.wall,
    steady: () => steadyNow(time),
    time,
    interrupt: () => client.interrupt(),
    log: {
      witnesses: () => terms.witnesses.map(witnessKey),
      onGap: () => instance?.log.event('warn', 'list.log_gap', { list: name }),
    },
    progress: progressOf(name, instance, time),
    onFault,
  });
  const { namesIdentity } = terms;
  const images = new ImageMaker({ repository, store, identity, isOffline });
  const names =
    namesIdentity === null
      ? null
      : new NamesPayloads({
          repository,
          store,
          images,
          identity: async () => Identity.parse(await readSecret(namesIdentity)),
          onFault: ({ code, message: reason }) =>
            instance?.log.event('warn', 'list.names_failed', { list: name, code, reason }),
        });
  const folders = mirrors.filter((mirror) => mirror instanceof FolderRepository);
  return new TufSource({
    repository,
    images,
    names,
    supported: SUPPORTED,
    delayMs: terms.delayMs,
    isOffline,
    onFault,
    watch: (events) => watchAll({ intervalMs: terms.intervalMs, folders, time }, events),
    close: () => client.close(),
  });
}

/** A line in the log every few seconds, of a payload that takes as long. */
function progressOf(list: string, instance: TufInstance | null, time: Time): FetchProgress {
  let told = 0;
  return (taken, { bytes }) => {
    const now = time.now();
    // The first piece begins the wait.
    if (taken < bytes && told > 0 && now - told < DEADLINES.mirrors.progressMs) return;
    if (taken < bytes && told > 0) instance?.log.event('info', 'list.fetching', { list, taken, of: bytes });
    told = taken < bytes ? now : 0;
  };
}

/** Of the form that was checked with the configuration. @throws ListError `log_witness`: its digits are another key's. */
function witnessKey(text: string): NoteKey {
  const key = readKey(text);
  if (key === null) throw listError('log_witness', `the witness ${text} is no key: its id does not belong to it`);
  return key;
}

interface Watched {
  readonly intervalMs: number;
  readonly folders: readonly FolderRepository[];
  readonly time: Time;
}

/** Servers are asked at an interval, folders are watched besides. */
function watchAll({ intervalMs, folders, time }: Watched, events: SourceEvents): { close(): void } {
  const watches = [
    poll(intervalMs, events.changed, time),
    ...folders.map((folder) => {
      const reader = () => ({ known: folder.seen, isReading: false });
      return new FileWatch(folder.timestampPath, { ...DEADLINES.file, time }, reader, events);
    }),
  ];
  return { close: () => watches.forEach((watch) => watch.close()) };
}
