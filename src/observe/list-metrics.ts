/**
 * What each list shows of itself: one row a metric. Its figures are the control thread's (control-view.ts).
 * It must not take a label from an entry.
 */
import type { ListConfig } from '../config/list-types.ts';
import { CHANNELS, REJECTED_REASONS, SYNC_RESULTS, type ListStatus } from './control-view.ts';
import { one, wallSeconds, type MetricRow, type Sample } from './metric-row.ts';

/** All lists, and the moment (steady clock, milliseconds) that ages are reckoned to. */
export interface ListFigures {
  readonly lists: readonly ListStatus[];
  readonly now: number;
  /** Of the configuration in force. */
  readonly configured: readonly Pick<ListConfig, 'name' | 'source'>[];
}

export const LIST_METRICS: readonly MetricRow<ListFigures>[] = [
  {
    kind: 'gauge',
    name: 'list_entries',
    help: 'Entries of the list in force.',
    read: perList(({ entries }) => [[{}, entries]]),
  },
  {
    // Nodes with the same content and other figures of this have another date.
    kind: 'gauge',
    name: 'list_entries_expired',
    help: 'Entries of the list whose last day is over.',
    read: perList(({ expired }) => [[{}, expired]]),
  },
  {
    kind: 'gauge',
    name: 'list_entries_enforceable',
    help: 'Entries of the list in force that can be enforced on a channel.',
    read: perList(({ enforceable }) => CHANNELS.map((channel) => [{ channel }, enforceable[channel]])),
  },
  {
    kind: 'gauge',
    name: 'list_public_suffixes',
    help: 'Entries of the list in force that cover a public suffix (suffixes: warn).',
    read: perList(({ publicSuffixes }) => [[{}, publicSuffixes]]),
  },
  {
    kind: 'gauge',
    name: 'list_entries_left_out',
    help: 'Entries on protected hosts that the list in force is used without (gate.protectedEntries: leaveOut).',
    read: perList(({ entriesLeftOut }) => [[{}, entriesLeftOut]]),
  },
  {
    // The reasons are those of list/import/reasons.ts.
    kind: 'gauge',
    name: 'list_conversion_left_out',
    help: "Parts of lines of another tool's list that the list in force has no entry for, by reason.",
    read: perList(({ notCarried }) =>
      (notCarried ?? []).flatMap(({ kind, reason, count }): Sample[] => (kind === 'left' ? [[{ reason }, count]] : [])),
    ),
  },
  {
    kind: 'gauge',
    name: 'list_age_seconds',
    help: 'Seconds since the list in force was last found to be current.',
    // A list that never loaded has no age; /readyz says so.
    read: perList(({ currentAt }, now) => (currentAt === null ? [] : [[{}, Math.max(0, (now - currentAt) / 1000)]])),
  },
  {
    // For graphs and for alerts of one's own: the age is only right at the moment of the scrape.
    kind: 'gauge',
    name: 'list_current_timestamp_seconds',
    help: 'When the list in force was last found to be current, in seconds since the epoch.',
    read: perList(({ currentAt }) => one(wallSeconds(currentAt))),
  },
  {
    kind: 'gauge',
    name: 'list_loaded_timestamp_seconds',
    help: 'When the version in force came into force, in seconds since the epoch.',
    read: perList(({ loadedAt }) => one(wallSeconds(loadedAt))),
  },
  {
    kind: 'gauge',
    name: 'list_publisher_heard_timestamp_seconds',
    help: 'When the publisher of the list was last heard, in seconds since the epoch.',
    read: perList(({ versions: { heardAt } }) => one(heardAt === null ? null : heardAt / 1000)),
  },
  {
    // How old a list may be depends on it.
    kind: 'gauge',
    name: 'list_interval_seconds',
    help: 'How often a list from a server or of a publisher is asked for; a list in a file is looked at by itself.',
    read: ({ configured }) =>
      configured.flatMap(({ name, source }): Sample[] =>
        source.kind === 'file' ? [] : [[{ list: name }, source.intervalMs / 1000]],
      ),
  },
  {
    // A node that waits on purpose is not behind.
    kind: 'gauge',
    name: 'list_delay_seconds',
    help: 'How long a new version of a protected list waits before it is taken (delay).',
    read: ({ configured }) =>
      configured.flatMap(({ name, source }): Sample[] =>
        source.kind === 'tuf' ? [[{ list: name }, source.delayMs / 1000]] : [],
      ),
  },
  {
    kind: 'counter',
    name: 'list_sync_total',
    help: 'Attempts to bring the list up to date, by result.',
    read: perList(({ syncs }) => SYNC_RESULTS.map((result) => [{ result }, syncs[result]])),
  },
  {
    kind: 'counter',
    name: 'list_rejected_total',
    help: 'Updates that were not taken, by reason.',
    read: perList(({ rejections }) => REJECTED_REASONS.map((reason) => [{ reason }, rejections[reason] ?? 0])),
  },
  {
    // A counter of attempts shows that a fault came, not that it lasts.
    kind: 'gauge',
    name: 'list_sync_failing',
    help: '1 while the last look at the list brought a fault; /status says which.',
    read: perList(({ lastError }) => [[{}, lastError === null ? 0 : 1]]),
  },
  {
    kind: 'gauge',
    name: 'list_cache_current',
    help: '1 while the last-known-good copy on disk is the list in force, which a start without the server needs.',
    read: perList(({ cacheCurrent }) => (cacheCurrent === null ? [] : [[{}, cacheCurrent ? 1 : 0]])),
  },
  {
    kind: 'counter',
    name: 'list_entries_added_total',
    help: 'Entries that updates of the list have added since the start, as far as versions can be compared.',
    read: perList(({ turnover }) => [[{}, turnover.added]]),
  },
  {
    kind: 'counter',
    name: 'list_entries_removed_total',
    help: 'Entries that updates and withdrawals have removed from the list since the start, as far as versions can be compared.',
    read: perList(({ turnover }) => [[{}, turnover.removed]]),
  },
  {
    // Differing values tell that nodes of one operator serve different things.
    kind: 'gauge',
    name: 'list_content',
    help: 'What is in the list in force, withdrawn entries included: a number of 48 bits that is the same where the same is served.',
    read: perList(({ content }) => (content === null ? [] : [[{}, content]])),
  },
  {
    kind: 'gauge',
    name: 'list_expires_timestamp_seconds',
    help: 'When what the publisher has signed of the list expires, in seconds since the epoch; it is served all the same.',
    read: perList(({ versions: { expiresAt } }) => (expiresAt === null ? [] : [[{}, expiresAt / 1000]])),
  },
  {
    kind: 'gauge',
    name: 'list_held',
    help: '1 while the newest version of the list is held by a sanity rule of the gate (ctl accept).',
    read: perList(({ versions: { held } }) => [[{}, held === null ? 0 : 1]]),
  },
  {
    kind: 'gauge',
    name: 'list_pinned',
    help: '1 while an operator has gone back to an earlier version of the list (ctl rollback, until ctl release).',
    read: perList(({ versions: { pinned } }) => [[{}, pinned === null ? 0 : 1]]),
  },
  {
    // Looked at before it is needed. A list in a file has no versions.
    kind: 'gauge',
    name: 'list_previous',
    help: '1 while there is a version before the one in force, to which an operator can go back (ctl rollback).',
    read: perList(({ versions: { inForce, previous } }) => (inForce === null ? [] : [[{}, previous === null ? 0 : 1]])),
  },
  {
    kind: 'gauge',
    name: 'list_off',
    help: '1 while an operator has switched the list off (ctl list off): it refuses, counts and allows nothing.',
    read: perList(({ offUntil }) => [[{}, offUntil === null ? 0 : 1]]),
  },
  {
    kind: 'gauge',
    name: 'list_withdrawn',
    help: 'Entries that the publisher has withdrawn, whatever version of the list is in force.',
    read: perList(({ versions: { withdrawn } }) => (withdrawn === null ? [] : [[{}, withdrawn]])),
  },
  {
    kind: 'gauge',
    name: 'list_mass_withdrawal',
    help: '1 while more than a tenth of the version in force (20 entries or more), 1,000 of its entries, or all of them are withdrawn.',
    read: perList(({ massWithdrawal, versions: { withdrawn } }) =>
      withdrawn === null ? [] : [[{}, massWithdrawal ? 1 : 0]],
    ),
  },
  {
    kind: 'gauge',
    name: 'list_names_failing',
    help: '1 while outlets cannot be told the host names of the version in force (namesIdentity); /status says why.',
    read: perList(({ versions: { names } }) => (names === null ? [] : [[{}, names.fault === null ? 0 : 1]])),
  },
];

function perList(samples: (list: ListStatus, now: number) => readonly Sample[]) {
  return ({ lists, now }: ListFigures): readonly Sample[] =>
    lists.flatMap((list) =>
      samples(list, now).map(([labels, value]): Sample => [{ list: list.name, ...labels }, value]),
    );
}
