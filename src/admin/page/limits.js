/**
 * From which figures on something needs attention, and each limit with how much of it is used: for the page, and for the instance that finds
 * what needs attention (attention.ts). Some errors are normal on a busy proxy, so that there are thresholds; docs/admin.md has the table, and
 * where an alert asks the same question its threshold is the same (tested). It must not word anything but the names of limits.
 */
export const THRESHOLDS = {
  /** Of fewer requests a second nobody can tell a share. */
  minRequests: 1,
  /** Share of requests that end in an error. */
  errorShare: 0.05,
  graveErrorShare: 0.25,
  /** Requests whose name could not be resolved, as a share of all. */
  dnsShare: 0.02,
  /** Of fewer questions a second that fail nobody is told. */
  minQuestions: 0.05,
  /** Questions to a DNS listener that no resolver answered, and those that had no room, as a share of all. */
  unansweredShare: 0.05,
  lostShare: 0.001,
  /** Seconds that the proxy adds, at the 99th percentile. */
  addedSeconds: 0.025,
  /** Of a limit. */
  nearLimit: 0.85,
  atLimit: 0.95,
  /** Seconds for which a list was not found to be current, and for four of its intervals: one that is asked for once a week is not stale. */
  staleSeconds: 86_400,
  /** Seconds for which updates of a list have failed, and for longer than its interval: one slow answer is none to be alarmed by. */
  failingSeconds: 1800,
  /** Seconds for which a list has been in force whose copy on disk is not what is in force. */
  copySeconds: 900,
  /** Seconds before what the publisher has signed expires. */
  expirySeconds: 3 * 86_400,
  /** Seconds after which a worker that was replaced is old news. */
  restartSeconds: 900,
};

/** Each limit with how much of it is used: { name, used, limit, level }. `used` and `limit` null: not known. */
export function limitsOf({ recent = {}, resources = {}, descriptors = {} }) {
  const { memory = {} } = resources;
  return [
    limit('Client connections', recent.connections, resources.maxConnections),
    limit('File descriptors', descriptors.open, descriptors.limit),
    limit('Memory', memory.usedBytes, memory.limitBytes),
    limit('CPU, cores', recent.cpuCores, resources.cores),
  ];
}

export function limit(name, used, most) {
  if (!Number.isFinite(used) || !(most > 0)) return { name, used: used ?? null, limit: most ?? null, level: 'none' };
  const share = used / most;
  const level = share >= THRESHOLDS.atLimit ? 'fault' : share >= THRESHOLDS.nearLimit ? 'warning' : 'none';
  return { name, used, limit: most, level };
}
