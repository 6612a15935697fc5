/**
 * A hundred synthetic URLs for the vectors of a payload (vectors.ts), each as somebody may write it, with what kind of entry it stands for.
 * Every rule of docs/canonical-form.md is in one of them. Who adds one must not change those that are there: publishers and nodes
 * of different age have to compare the same ones only where they are sent, so any set works.
 */
import type { PathScope } from '../../match/entry.ts';
import { FOLD } from '../../url/fold.ts';

export interface VectorSample {
  readonly kind: PathScope['kind'];
  readonly fold: number;
  readonly text: string;
}

const HOSTS = [
  'host.example',
  'HOST.Example',
  'http://www.host.example:8080',
  'https://host.example:443',
  'ho%73t.example',
  'ho%2573t.example',
  'host.example.',
  '.host..example.',
  'user@host.example',
  'a@b@host.example',
  'bücher.example',
  'b%C3%BCcher.example',
  'BÜCHER.example',
  'xn--bcher-kva.example',
  'faß.example',
  'ʼn.example',
  'ＨＯＳＴ.example',
  'host。example',
  'הדוגמא.example',
  '例え.example',
  'a\u00adb.example',
  '192.0.2.1',
  '0xc0.0.2.1',
  '0300.0.0x2.1',
  '3221225985',
  '192.0.513',
  '[2001:DB8:0:0::1]',
  '[::ffff:192.0.2.1]',
  '[64:ff9b::192.0.2.1]',
  'under_score.example',
] as const;

const URLS = [
  'host.example',
  'host.example/',
  'host.example?',
  'host.example?x=1',
  'host.example/a/b.html?x=1',
  'host.example/a/b.html?',
  'host.example/a/b.html#part?no',
  'host.example//a///b',
  'host.example/a/./b/../c',
  'host.example/a/%2e%2E/b',
  'host.example/../../a',
  'host.example/a/..',
  'host.example/a\\b\\..\\c',
  'host.example/%61%62',
  'host.example/%2561',
  'host.example/%252561',
  'host.example/a%2Fb',
  'host.example/a%5Cb',
  'host.example/a%3Fb',
  'host.example/a%3fb?c%3fd',
  'host.example/a%',
  'host.example/a%zz%4',
  'host.example/a b',
  'host.example/a%20b+c',
  'host.example/ä%C3%A4',
  'host.example/%e4',
  'host.example/%00%0a%7f',
  'host.example/a\tb\r\nc',
  'host.example/a;b=1/c',
  'host.example/A/b?C=d',
  'host.example/a?b?c',
  'host.example/a?x=/../y//z\\w',
  'host.example/a?%25%32%35',
  'host.example/a?q="<>`{|}^\'',
  'host.example/"<>`{|}^\'',
  'host.example/~!$&()*+,-.:=@_[]',
  'host.example:8080/x',
  'https://host.example:444/x?y',
  'bücher.example/straße?größe=1',
  '[2001:db8::1]:8080/x',
] as const;

const PAGES = [
  'host.example/page',
  'host.example/dir/page.html?ignored',
  'host.example/%70age',
  'host.example/a/../page',
  'host.example//page',
] as const;

const DIRECTORIES = [
  'host.example/',
  'host.example/dir/',
  'host.example/a/b/c/d/',
  'host.example/a/./b/%2e%2e/c/',
  'host.example//x//y/',
  'host.example/d%69r/',
  'host.example/%E4%F6/',
  'host.example/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31/32/',
] as const;

const FOLDED: readonly VectorSample[] = [
  { kind: 'url', fold: FOLD.case, text: 'host.example/A/B.HTML?Q=A' },
  { kind: 'url', fold: FOLD.case, text: 'host.example/%41%C3%84' },
  { kind: 'page', fold: FOLD.case, text: 'host.example/Default.ASPX' },
  { kind: 'directory', fold: FOLD.case, text: 'host.example/Dir/Sub/' },
  { kind: 'url', fold: FOLD.params, text: 'host.example/a;x=1/b;jsessionid=2?q' },
  { kind: 'url', fold: FOLD.params, text: 'host.example/a%3Bx/b' },
  { kind: 'page', fold: FOLD.params, text: 'host.example/a;/../b' },
  { kind: 'directory', fold: FOLD.params, text: 'host.example/a;p/b/' },
  { kind: 'url', fold: FOLD.slash, text: 'host.example/a/' },
  { kind: 'url', fold: FOLD.slash, text: 'host.example/' },
  { kind: 'url', fold: FOLD.slash, text: 'host.example/a/?q=1' },
  { kind: 'page', fold: FOLD.slash, text: 'host.example/a/b/' },
  { kind: 'directory', fold: FOLD.slash, text: 'host.example/a/b/' },
  { kind: 'directory', fold: FOLD.slash, text: 'host.example/' },
  { kind: 'url', fold: FOLD.case | FOLD.params, text: 'host.example/A;B/C' },
  { kind: 'url', fold: FOLD.case | FOLD.params | FOLD.slash, text: 'host.example/A;B/C/;d?E' },
  { kind: 'directory', fold: FOLD.case | FOLD.slash, text: 'host.example/A/B/' },
];

/** Of format 2. */
export const INFO_SAMPLES: readonly VectorSample[] = [
  { kind: 'url', fold: FOLD.info, text: 'host.example/page.php' },
  { kind: 'url', fold: FOLD.info, text: 'host.example/a/%70age.PHP?id=5' },
  { kind: 'page', fold: FOLD.info, text: 'host.example/cgi-bin/page.cgi' },
  { kind: 'page', fold: FOLD.info | FOLD.case, text: 'host.example/Page.ASPX' },
  { kind: 'url', fold: FOLD.info | FOLD.params | FOLD.slash, text: 'host.example/a;x/page.jsp/?q' },
];

export const SAMPLES: readonly VectorSample[] = [
  ...HOSTS.map((text) => ({ kind: 'host' as const, fold: 0, text })),
  ...URLS.map((text) => ({ kind: 'url' as const, fold: 0, text })),
  ...PAGES.map((text) => ({ kind: 'page' as const, fold: 0, text })),
  ...DIRECTORIES.map((text) => ({ kind: 'directory' as const, fold: 0, text })),
  ...FOLDED,
];
