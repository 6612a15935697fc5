/**
 * Lists as the makers of block lists hand them out, in their own formats. The excerpts are written for tests, with reserved names; hosts that are in use
 * stand there because the shipped protected list has them, and real lists have them too.
 */
import type { ImportFrom } from '../../../src/lib/list-formats.ts';
import type { ImportedOptions } from './imported.ts';

export interface PublicList {
  readonly name: string;
  readonly from: ImportFrom;
  readonly options?: ImportedOptions;
  readonly text: string;
  /** Lines that the gate would refuse, with the host of each. */
  readonly left: readonly (readonly [number, string])[];
  readonly refused: readonly string[];
  readonly passed: readonly string[];
}

export const PUBLIC_LISTS: readonly PublicList[] = [
  {
    name: 'StevenBlack hosts',
    from: 'hosts',
    text: `# Title: hosts
# This hosts file is a merged collection of hosts from reputable sources.
127.0.0.1 localhost
127.0.0.1 localhost.localdomain
255.255.255.255 broadcasthost
::1 ip6-localhost
0.0.0.0 0.0.0.0

# Start of the list
0.0.0.0 ads.example
0.0.0.0 www.google-analytics.com
0.0.0.0 stats.wp.com # a comment
0.0.0.0 track.ads.test
`,
    left: [
      [11, 'www.google-analytics.com'],
      [12, 'stats.wp.com'],
    ],
    refused: ['http://ads.example/', 'http://track.ads.test/x'],
    passed: ['http://www.google-analytics.com/', 'http://www.ads.example/'],
  },
  {
    name: 'AdAway hosts',
    from: 'hosts',
    text: `# AdAway default blocklist
# Blocking mobile ad providers and some analytics providers
127.0.0.1  localhost
::1  localhost

127.0.0.1 ad.example
127.0.0.1 google-analytics.com
127.0.0.1 ssl.analytics.test
`,
    left: [[7, 'google-analytics.com']],
    refused: ['http://ad.example/', 'http://ssl.analytics.test/'],
    passed: ['http://google-analytics.com/'],
  },
  {
    name: 'AdGuard DNS filter',
    from: 'adblock',
    options: { match: 'dns' },
    text: `! Title: AdGuard DNS filter
! Description: Filter composed of several other filters
! Homepage: https://filters.example/
||ads.example^
||google-analytics.com^
||app-measurement.test^$important
-ads.example^
/^ad[0-9]+\\./
||googletagmanager.com^
`,
    left: [
      [5, 'google-analytics.com'],
      [9, 'googletagmanager.com'],
    ],
    refused: ['http://ads.example/', 'http://x.ads.example/', 'http://app-measurement.test/'],
    passed: ['http://www.google-analytics.com/', 'http://www.googletagmanager.com/gtag/js'],
  },
  {
    name: 'EasyList',
    from: 'adblock',
    options: { match: 'url' },
    text: `[Adblock Plus 2.0]
! Version: 202612020000
! Title: EasyList
-ad-banner.$image
###AdHeader
||ads.example^
||connect.facebook.net^
||news.example/banners/
example.com##.ad
`,
    left: [[7, 'connect.facebook.net']],
    refused: ['http://ads.example/', 'http://news.example/banners/1.gif'],
    passed: ['http://connect.facebook.net/sdk.js', 'http://news.example/'],
  },
  {
    name: 'hagezi, one name a line',
    from: 'domains',
    text: `# Title: HaGeZi's Multi
# Syntax: Domains (without subdomains)
ads.example
ssl.google-analytics.test
www.googletagmanager.com
static.cloudflareinsights.com
`,
    left: [
      [5, 'www.googletagmanager.com'],
      [6, 'static.cloudflareinsights.com'],
    ],
    refused: ['http://ads.example/', 'http://ssl.google-analytics.test/'],
    passed: ['http://static.cloudflareinsights.com/beacon.js'],
  },
  {
    name: 'OISD for dnsmasq',
    from: 'dnsmasq',
    text: `# Version: 202612020000
# Title: oisd small
server=/ads.example/
server=/google-analytics.com/
server=/track.test/
`,
    left: [[4, 'google-analytics.com']],
    refused: ['http://ads.example/', 'http://a.track.test/'],
    passed: ['http://www.google-analytics.com/'],
  },
  {
    name: 'UT1 domains',
    from: 'squidguard',
    options: { match: 'domains' },
    text: `casino.example
bets.test
sites.google.test
whatsapp.com
`,
    left: [[4, 'whatsapp.com']],
    refused: ['http://casino.example/', 'http://www.bets.test/'],
    passed: ['http://web.whatsapp.com/'],
  },
  {
    name: 'UT1 urls',
    from: 'squidguard',
    options: { match: 'urls' },
    text: `news.example/casino\ngoogle.com/games\n`,
    left: [],
    refused: ['http://news.example/casino', 'http://google.com/games'],
    passed: ['http://google.com/'],
  },
  {
    name: 'URLhaus hosts file',
    from: 'hosts',
    text: `################################################################
# abuse.ch URLhaus Host file                                   #
################################################################
#
127.0.0.1\tmalware.example
127.0.0.1\tdrive.google.com
`,
    left: [[6, 'drive.google.com']],
    refused: ['http://malware.example/x.exe'],
    passed: ['http://drive.google.com/'],
  },
  {
    name: 'URLhaus table of URLs',
    from: 'csv',
    options: { column: '3' },
    text: `# abuse.ch URLhaus Database Dump (CSV - recent URLs only)
"1","2026-12-02 10:00:00","http://192.0.2.7/i","online"
"2","2026-12-02 10:00:01","http://malware.example/a.exe?x=1","online"
"3","2026-12-02 10:00:02","https://raw.githubusercontent.com/x/y/main/z.exe","online"
`,
    left: [],
    refused: ['http://192.0.2.7/i', 'http://malware.example/a.exe?x=1'],
    passed: ['http://raw.githubusercontent.com/', 'http://malware.example/'],
  },
  {
    name: 'HaGeZi wildcards',
    from: 'domains',
    options: { subdomains: true },
    text: `# Title: HaGeZi's Normal DNS Blocklist
# Syntax: Domains (including possible subdomains)
*.ads.example
*.track.test
*.google-analytics.com
`,
    left: [[5, 'google-analytics.com']],
    refused: ['http://ads.example/', 'http://x.track.test/'],
    passed: ['http://www.google-analytics.com/'],
  },
  {
    name: 'OpenPhish feed',
    from: 'csv',
    options: { column: '1', separator: '\t' },
    text: `https://login.phish.example/a,b/index.html?x=1,2
http://192.0.2.9/secure/
https://sites.google.com/view/phish
`,
    left: [],
    refused: ['http://login.phish.example/a,b/index.html?x=1,2', 'http://192.0.2.9/secure/'],
    passed: ['http://login.phish.example/a', 'http://sites.google.com/'],
  },
];
