/**
 * Rules that look at one entry and at how it is spelled. What they say is that it may not do what its author expects.
 * They must not look at other entries.
 */
import type { ListAction, SuffixPolicy } from '../../lib/types.ts';
import type { Entry } from '../../match/entry.ts';
import type { ByteString } from '../../url/bytes.ts';
import { FOLD } from '../../url/fold.ts';
import { hasPlainScript } from '../../url/rewrites.ts';
import { isIpLiteral } from '../text/ip-literal.ts';
import { suffixesBelow } from '../sanity/suffixes-below.ts';
import { mayRefuse, protectedMessage } from '../sanity/protected-hosts.ts';
import type { ProtectedHosts } from '../sanity/protected-hosts.ts';
import { coveredSuffix, suffixMessage } from '../text/public-suffix.ts';
import { browserForm } from './browser-form.ts';
import { lintMessage } from './lint-diagnostic.ts';
import type { LintMessage } from './lint-diagnostic.ts';
import { proposesInfo } from './program-pages.ts';

const HTTPS_PORT = 443;

type Rule = (entry: Entry, address: ByteString, terms: EntryTerms) => LintMessage | null;

/** Of entries on whole hosts, and of those on paths: a million lines are not asked what they cannot be. */
const RULES: Readonly<Record<'host' | 'path', readonly Rule[]>> = {
  host: [ipLiteral, noEffect],
  path: [
    browserForm,
    ipLiteral,
    tls,
    rootPage,
    fragment,
    literalStar,
    escapedQuestionMark,
    droppedParameter,
    noEffect,
    behindScript,
    textBehind,
  ],
};

/** What a list may cover is not the same for all of them. */
export interface EntryTerms {
  readonly action: ListAction;
  readonly suffixes: SuffixPolicy;
  readonly protectedHosts: ProtectedHosts;
}

/** @param address as the line spells it. */
export function entryMessages(entry: Entry, address: ByteString, terms: EntryTerms): readonly LintMessage[] {
  const found: LintMessage[] = [];
  const onSuffix = suffix(entry, terms.suffixes);
  if (onSuffix !== null) found.push(onSuffix);
  const onProtected = protectedHost(entry, terms.protectedHosts);
  if (onProtected !== null) found.push(onProtected);
  for (const rule of RULES[entry.path.kind === 'host' ? 'host' : 'path']) {
    const message = rule(entry, address, terms);
    if (message !== null) found.push(message);
  }
  return found;
}

/** Only those of them that are errors. */
export function entryErrors(entry: Entry, address: ByteString, terms: EntryTerms): readonly LintMessage[] {
  const found = [suffix(entry, terms.suffixes), protectedHost(entry, terms.protectedHosts), tls(entry, address)];
  return found.filter((message) => message !== null).filter(({ severity }) => severity === 'error');
}

function protectedHost(entry: Entry, hosts: ProtectedHosts): LintMessage | null {
  const message = mayRefuse(entry, 'block') ? protectedMessage(hosts.coveredBy(entry)) : null;
  return message === null ? null : lintMessage('error', 'protected-host', message);
}

function suffix(entry: Entry, policy: SuffixPolicy): LintMessage | null {
  const kind = coveredSuffix(entry);
  if (kind === null) return aboveSuffixes(entry);
  const reach = entry.subdomains ? ' and everything below it' : '';
  if (kind === 'single-label')
    return lintMessage(
      'warning',
      'single-label',
      `covers a name without a dot${reach}: a top-level domain, or a name of the local network`,
    );
  return lintMessage(policy === 'refuse' ? 'error' : 'warning', 'public-suffix', suffixMessage(entry));
}

/** A warning: real lists name a whole company, and a list that was used before must not be refused by a release that knows more. */
function aboveSuffixes({ host, subdomains }: Entry): LintMessage | null {
  const count = subdomains ? suffixesBelow(host) : 0;
  if (count === 0) return null;
  const which = count === 1 ? 'a public suffix' : `${count} public suffixes`;
  return lintMessage('warning', 'above-suffixes', `covers ${which} below it, with the sites of other people there`);
}

function ipLiteral({ host }: Entry): LintMessage | null {
  return isIpLiteral(host)
    ? lintMessage(
        'warning',
        'ip-literal',
        'an IP address: it covers whoever has the address now, and no site that is asked for by name',
      )
    : null;
}

/** Behind TLS a path is not seen (design D4); most of the web is. */
function tls({ path, port }: Entry, address: ByteString): LintMessage | null {
  if (path.kind === 'host') return null;
  if (port === HTTPS_PORT)
    return lintMessage('error', 'never-matches', 'a path on port 443 is behind TLS, where only the host is seen');
  const expected = /^https:/i.test(address) ? '; it is written with https, but holds over plain http only' : '';
  return lintMessage(
    expected === '' ? 'note' : 'warning',
    'not-on-https',
    `names a path: not enforceable over HTTPS, where only the host is seen${expected}`,
  );
}

function rootPage({ path }: Entry, address: ByteString): LintMessage | null {
  const isBare = /^[a-z]+:\/\/[^/\\?#]*$/i.test(address);
  return isBare && path.kind === 'url'
    ? lintMessage(
        'warning',
        'root-page-only',
        'with a scheme it covers the root page only; the host alone, without scheme and slash, covers the whole host',
      )
    : null;
}

function fragment(_: Entry, address: ByteString): LintMessage | null {
  return address.includes('#')
    ? lintMessage('warning', 'fragment', 'a fragment never reaches a server: the entry covers the page without it')
    : null;
}

/** `*` as a pattern is gone from the canonical form; one that is spelled and still there is an ordinary character. */
function literalStar({ path }: Entry, address: ByteString): LintMessage | null {
  if (path.kind === 'host') return null;
  const spelled = address.replace(/^([a-z]+:\/\/)?\*\./i, '').replace(/[/?]\*$/, '');
  return spelled.includes('*')
    ? lintMessage(
        'warning',
        'literal-star',
        "'*' is an ordinary character here and no pattern; only a final '/*' or '?*' is one",
      )
    : null;
}

function escapedQuestionMark({ path }: Entry): LintMessage | null {
  if (path.kind === 'host' || !path.path.includes('%3F')) return null;
  return lintMessage(
    'warning',
    'escaped-question-mark',
    'an escaped question mark starts no query: only requests that escape it too are covered',
  );
}

function droppedParameter({ fold }: Entry, address: ByteString): LintMessage | null {
  if ((fold & FOLD.params) === 0 || !/^[^?#]*;/.test(address)) return null;
  return lintMessage(
    'warning',
    'dropped-parameter',
    "with fold=params what follows ';' is dropped: the entry covers the path with any parameters or none",
  );
}

/**
 * Sites that send each request to such a program (Symfony, CodeIgniter, WordPress) mostly have the page without its name, too. An entry for that covers both,
 * since `/page` is a reading of `/index.php/page`; the reverse is not true.
 */
function behindScript({ path }: Entry): LintMessage | null {
  if (path.kind === 'host' || !hasPlainScript(path.path)) return null;
  return /\/index\.php\/*$/.test(path.path)
    ? null
    : lintMessage(
        'note',
        'behind-script',
        'the site may have it without /index.php, too, which this entry does not cover: list that address beside it',
      );
}

/** Apache with mod_php or CGI, and nginx with FPM where its location lets it through, hand such text to the program. */
function textBehind(entry: Entry, _: ByteString, { action }: EntryTerms): LintMessage | null {
  // An exception may have no fold.
  if (action === 'allow' || !proposesInfo(entry)) return null;
  return lintMessage(
    'note',
    'text-behind',
    'the server may give the same page with text behind it (/page.php/x), which this entry does not cover: write fold=info if it does',
  );
}

function noEffect({ dns, host, path, port }: Entry): LintMessage | null {
  if (!dns) return null;
  if (path.kind !== 'host' || port !== 0)
    return lintMessage('warning', 'no-effect', "'dns' has no effect: a DNS query shows neither path nor port");
  return isIpLiteral(host)
    ? lintMessage('warning', 'no-effect', "'dns' has no effect: nobody asks DNS for an IP address")
    : null;
}
