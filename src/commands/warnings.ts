/** What more than one command warns of, in the same words. It must not print: who warns chooses where. */
import { shippedLanguages } from '../config/languages.ts';
import { HOSTS_ALONE } from '../list/lint/habits.ts';
import { isHostsAlone } from '../list/stats.ts';
import type { JudgedList, PassedList } from '../list/staged-list.ts';
import type { ListStats } from '../list/stats.ts';
import type { Config } from '../config/types.ts';
import { counted } from './terminal.ts';

/** Keys that a warning names. */
const MAX_NAMED_KEYS = 3;

/** @returns a line for each language that still has sentences of the English file from which it was copied. */
export function translationWarnings({ languages }: Pick<Config, 'languages'>): readonly string[] {
  const [english] = shippedLanguages({}).languages;
  const original = new Map(sentences('', english ?? {}));
  return languages.flatMap(({ tag, ...language }) => {
    const same = sentences('', language).filter(([key, text]) => original.get(key) === text);
    if (same.length === 0 || tag.split('-')[0] === 'en') return [];
    const named = same.slice(0, MAX_NAMED_KEYS).map(([key]) => key);
    const more = same.length > named.length ? ', …' : '';
    return [
      `language ${tag}: ${counted(same.length, 'text is', 'texts are')} still English (${named.join(', ')}${more})`,
    ];
  });
}

/** Texts of more than one word, by their keys: a word alone may be the same in two languages. */
function sentences(prefix: string, value: object): (readonly [key: string, text: string])[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (typeof inner === 'string') return inner.includes(' ') ? [[prefix + key, inner] as const] : [];
    return typeof inner === 'object' && inner !== null ? sentences(`${prefix}${key}.`, inner) : [];
  });
}

/** @returns a line for each key under its former name. */
export function renamedKeyWarnings({ renamedKeys }: Pick<Config, 'renamedKeys'>): readonly string[] {
  return renamedKeys.map(
    ({ former, now, line }) =>
      `line ${line}: the name of ${former} is ${now} now; the next minor release does not read the former one`,
  );
}

/** @returns null if there is nothing to warn of. */
export function habitWarning(stats: ListStats): string | null {
  return isHostsAlone(stats) ? `all ${stats.entries} entries are ${HOSTS_ALONE}` : null;
}

/** @returns null if there is nothing to warn of. */
export function suffixWarning(publicSuffixes: number): string | null {
  if (publicSuffixes === 0) return null;
  return `${counted(publicSuffixes, 'entry covers', 'entries cover')} a public suffix or top-level domain (cleanfeed list lint names each)`;
}

/**
 * Permissions that no resolver can use, since it is asked for names alone.
 * @returns null if there is nothing to warn of.
 */
export function dnsWarning({ marked, enforceable }: ListStats): string | null {
  const idle = marked.dns - enforceable.dns;
  if (idle === 0) return null;
  return `${counted(idle, 'entry permits', 'entries permit')} 'dns' in vain: a resolver sees neither path nor port, nor IP addresses (cleanfeed list lint names each)`;
}

/** Entries of a list that names can be decided by; null: the list could not be read. */
export type Permitting = { readonly dns: number; readonly steer: number } | null;

/** @returns a line where entries permit that traffic is steered, and DNS listeners have no address to steer to, or the reverse; null: neither. */
export function steerWarning({ listeners, resolver }: Config, permitting: readonly Permitting[]): string | null {
  if (!listeners.some(({ mode }) => mode === 'dns')) return null;
  const steering = permitting.reduce((sum, list) => sum + (list?.steer ?? 0), 0);
  if (resolver.answers.steer === null)
    return steering > 0
      ? `${counted(steering, 'entry permits', 'entries permit')} 'steer', but resolver.answers.steer has no address: the DNS listeners steer nobody`
      : null;
  return permitting.length > 0 && permitting.every((list) => list?.steer === 0)
    ? "resolver.answers.steer has addresses, but no entry of any list permits 'steer': the DNS listeners steer nobody"
    : null;
}

/**
 * @param permitting by list.
 * @returns a line for each DNS listener that has lists, of policies too, and no such entry: lists that were made for a proxy permit nothing there.
 */
export function idleDnsWarnings(
  { listeners, lists, policies }: Config,
  permitting: readonly Permitting[],
): readonly string[] {
  const ofPolicies = policies.flatMap((policy) => policy.lists);
  return listeners
    .filter(({ mode }) => mode === 'dns')
    .flatMap((listener) => {
      const used = [...listener.lists, ...ofPolicies].filter((list) => lists[list]?.action !== 'allow');
      return used.length > 0 && used.every((list) => hasNone(permitting[list], 'dns', 'steer'))
        ? [
            `listener ${listener.name}: no entry of its lists permits 'dns' or 'steer': it passes every name (docs/dns.md)`,
          ]
        : [];
    });
}

/** @returns a line for each zone, and for the routes, of whose lists no entry permits what is written there. */
export function idleOutletWarnings(
  { resolver: { zones, routes }, lists }: Config,
  permitting: readonly Permitting[],
): readonly string[] {
  const none = (names: readonly string[], permit: 'dns' | 'steer'): boolean =>
    names.every((name) => hasNone(permitting[lists.findIndex((list) => list.name === name)], permit));
  return [
    ...zones
      .filter((zone) => none(zone.lists, 'dns'))
      .map(({ name }) => `zone ${name}: no entry of its lists permits 'dns': it has no names (docs/resolver.md)`),
    ...(routes !== null && none(routes.lists, 'steer')
      ? ["resolver.routes: no entry of its lists permits 'steer': no route is written (docs/steering.md)"]
      : []),
  ];
}

function hasNone(permitting: Permitting | undefined, ...permits: readonly ('dns' | 'steer')[]): boolean {
  return permitting !== undefined && permitting !== null && permits.every((permit) => permitting[permit] === 0);
}

/** @returns a line for each list that applies to no client of any listener, nor stands in a zone or steers, or one where there is none at all. */
export function idleListWarnings({ lists, listeners, policies }: Config): readonly string[] {
  if (lists.length === 0) return ['there is no list: everything passes'];
  const used = new Set([...listeners, ...policies].flatMap((owner) => owner.lists));
  return lists.flatMap(({ name, named: hasOutlet }, index) =>
    used.has(index) || hasOutlet
      ? []
      : [`list ${name} applies to nobody: no listener, no policy and no outlet names it`],
  );
}

/** @returns a line where commands take the filter out of the path, and none looks where it is. */
export function uncheckedGuardWarnings({ guard }: Config): readonly string[] {
  if (guard === null || guard.check !== null || guard.actions.out.length === 0) return [];
  return [
    'guard has actions and no check: where rules are loaded anew, or a router is configured anew, a dead filter is back in the path and the guard does not notice (docs/guard.md)',
  ];
}

/** So often a protected list is asked for at least, where a removal has to be everywhere within five minutes: caches and resolvers take their part. */
const PROMPT_MS = 120_000;

/** @returns a line for each protected list whose removals would be late. */
export function lateRemovalWarnings({ lists }: Config): readonly string[] {
  return lists.flatMap(({ name, source }) =>
    source.kind === 'tuf' && source.intervalMs > PROMPT_MS
      ? [
          `list ${name} is asked for every ${counted(Math.round(source.intervalMs / 60_000), 'minute')}: what its publisher withdraws stays refused here until then`,
        ]
      : [],
  );
}

/** @returns a line for each allow list that a policy leaves out: whoever adds an exception in an incident means everybody. */
export function lostExceptionWarnings({ lists, policies }: Config): readonly string[] {
  const isBlocking = (index: number): boolean => lists[index]?.action === 'block';
  return policies
    .filter((policy) => policy.lists.some(isBlocking))
    .flatMap((policy) =>
      lists.flatMap(({ name, action, optIn }, index) =>
        action === 'allow' && !optIn && !policy.lists.includes(index)
          ? [`policy ${policy.name} does not name the allow list ${name}: its exceptions do not hold for these clients`]
          : [],
      ),
    );
}

/** @returns null if nothing is left out. */
export function leftOutWarning({
  stats: { leftOut },
  protectedLines: [first],
}: JudgedList | PassedList): string | null {
  if (leftOut === 0 || first === undefined) return null;
  const words = counted(leftOut, 'entry is', 'entries are');
  return `${words} left out (gate.protectedEntries: leaveOut): line ${first.line} ${first.message}${leftOut > 1 ? '; cleanfeed list lint names each' : ''}`;
}

/** This is for a list whose configuration is not known. */
export function suffixAdvice(publicSuffixes: number): string | null {
  const warning = suffixWarning(publicSuffixes);
  return warning === null ? null : `${warning}; it is used only with 'suffixes: warn'`;
}
