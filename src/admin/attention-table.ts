/**
 * The table of all lines of "Needs attention": how grave each is, the section of docs/operations.md for it, and the
 * command to type. A line without a row does not compile. It must not say when a line applies (attention.ts).
 */
import { shellQuoted } from '../lib/shell-quoted.ts';

/** The gravest first. Under a bypass nothing is filtered, which is neither a fault nor a mere warning. */
export const SEVERITIES = ['bypass', 'fault', 'warning'] as const;
type Severity = (typeof SEVERITIES)[number];

/** The words that complete a command. */
interface Subject {
  /** The configuration file of the instance. */
  readonly config: string;
  readonly list: string;
  /** The version of the list that is held. */
  readonly version: string;
}

interface Row {
  readonly severity: Severity;
  /** Anchor of a heading in docs/operations.md. */
  readonly runbook: string;
  readonly command: (subject: Subject) => string;
}

/** A word that sh, bash and zsh take as it stands. */
const PLAIN = /^[\w./:@%+,-]+$/;

const CHECK = named('check');
const RELOAD = named('ctl reload');
const STATUS = named('ctl status');
const LIMITS = named('ctl limits');
const WATCH = named('ctl status --watch');
const CONTROL_SOCKET_LOG = 'journalctl -u cleanfeed -g control_socket';

export const ATTENTION = {
  bypass: { severity: 'bypass', runbook: 'cleanfeedbypass', command: named('ctl bypass off') },

  list_never_loaded: { severity: 'fault', runbook: 'cleanfeednotready', command: CHECK },
  list_failing: { severity: 'fault', runbook: 'cleanfeedlistsyncfailing', command: RELOAD },
  list_expired: { severity: 'fault', runbook: 'cleanfeedlistexpired', command: RELOAD },
  list_stale: { severity: 'fault', runbook: 'cleanfeedliststale', command: RELOAD },
  list_update_failed: { severity: 'warning', runbook: 'cleanfeedlistsyncfailing', command: RELOAD },
  list_copy_stale: { severity: 'warning', runbook: 'cleanfeedlistcachestale', command: RELOAD },
  list_off: { severity: 'warning', runbook: 'cleanfeedlistoff', command: ofList('ctl list on') },
  list_held: { severity: 'warning', runbook: 'cleanfeedlistheld', command: ofVersion('ctl accept') },
  list_pinned: { severity: 'warning', runbook: 'cleanfeedlistpinned', command: ofList('ctl release') },
  list_mass_withdrawal: { severity: 'warning', runbook: 'cleanfeedlistmasswithdrawal', command: STATUS },
  list_expiring: { severity: 'warning', runbook: 'cleanfeedlistexpiring', command: RELOAD },
  list_names_failing: { severity: 'warning', runbook: 'cleanfeedlistnamesfailing', command: RELOAD },

  requests_failing_badly: { severity: 'fault', runbook: 'cleanfeedupstreamerrors', command: WATCH },
  requests_failing: { severity: 'warning', runbook: 'cleanfeedupstreamerrors', command: WATCH },
  names_unresolved: { severity: 'warning', runbook: 'cleanfeeddnsfailing', command: WATCH },
  latency_high: { severity: 'warning', runbook: 'cleanfeedhighlatency', command: () => 'top -H' },
  clients_turned_away: { severity: 'fault', runbook: 'cleanfeedconnectionlimit', command: LIMITS },
  descriptors_exhausted: { severity: 'fault', runbook: 'cleanfeedoutofdescriptors', command: LIMITS },
  resolvers_failing: { severity: 'fault', runbook: 'cleanfeedresolversfailing', command: WATCH },
  questions_dropped: { severity: 'warning', runbook: 'cleanfeedquestionsdropped', command: LIMITS },
  resolver_down: { severity: 'warning', runbook: 'cleanfeedresolverdown', command: WATCH },

  limit_reached: { severity: 'fault', runbook: 'cleanfeednearlimit', command: LIMITS },
  limit_near: { severity: 'warning', runbook: 'cleanfeednearlimit', command: LIMITS },
  memory_reached: { severity: 'fault', runbook: 'cleanfeedmemorynearlimit', command: LIMITS },
  memory_near: { severity: 'warning', runbook: 'cleanfeedmemorynearlimit', command: LIMITS },
  cpu_reached: { severity: 'fault', runbook: 'size-a-node', command: () => 'top -H' },
  cpu_near: { severity: 'warning', runbook: 'size-a-node', command: () => 'top -H' },
  limits_lowered: { severity: 'warning', runbook: 'cleanfeedlimitslowered', command: LIMITS },

  worker_unresponsive: { severity: 'fault', runbook: 'cleanfeedworkerrestarted', command: named('ctl workers') },
  worker_behind: { severity: 'warning', runbook: 'cleanfeednotready', command: named('ctl workers') },
  worker_replaced: { severity: 'warning', runbook: 'cleanfeedworkerrestarted', command: named('ctl workers') },

  clock_jumped: { severity: 'fault', runbook: 'cleanfeedclockjump', command: RELOAD },
  control_unreachable: { severity: 'fault', runbook: 'the-control-socket', command: () => CONTROL_SOCKET_LOG },
  configuration_refused: { severity: 'warning', runbook: 'cleanfeedconfigrejected', command: CHECK },
  restart_required: { severity: 'warning', runbook: 'day-to-day', command: () => 'systemctl restart cleanfeed' },
  uncaught_errors: { severity: 'warning', runbook: 'cleanfeeduncaughterror', command: bundle },

  zone_failing: { severity: 'fault', runbook: 'cleanfeedzonefailing', command: STATUS },
  routes_failing: { severity: 'fault', runbook: 'cleanfeedroutefeedfailing', command: STATUS },
  outlet_not_told: { severity: 'warning', runbook: 'cleanfeedoutletnottold', command: RELOAD },
  routes_held: { severity: 'warning', runbook: 'cleanfeedroutesheld', command: named('ctl steer held') },
  self_test_failed: { severity: 'fault', runbook: 'cleanfeedselftestfailed', command: named('selftest') },
} as const satisfies Readonly<Record<string, Row>>;

export type AttentionCode = keyof typeof ATTENTION;

/** A command that needs no more than its instance. */
function named(command: string): Row['command'] {
  return ({ config }) => `cleanfeed ${command} -c ${typed(config)}`;
}

function ofList(command: string): Row['command'] {
  return ({ config, list }) => `cleanfeed ${command} ${typed(list)} -c ${typed(config)}`;
}

function ofVersion(command: string): Row['command'] {
  return ({ config, list, version }) => `cleanfeed ${command} ${typed(list)} ${typed(version)} -c ${typed(config)}`;
}

function bundle({ config }: Subject): string {
  return `cleanfeed ctl bundle -o bundle.tar.gz -c ${typed(config)}`;
}

/** Quotes what a shell would not read back as it is. */
function typed(word: string): string {
  return PLAIN.test(word) ? word : shellQuoted(word);
}
