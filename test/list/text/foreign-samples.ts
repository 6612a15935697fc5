/**
 * Lines of lists as other tools document them, each with the code it is refused under; names are reserved ones. A sample is
 * a whole file, because that is what an operator points the proxy at: every line that says something must be refused.
 */
import type { DiagnosticCode } from '../../../src/list/text/diagnostic.ts';

export interface ForeignSample {
  readonly tool: string;
  readonly code: DiagnosticCode;
  /** `\n` between lines; comments that are comments here too stand for themselves. */
  readonly text: string;
}

export const FOREIGN_SAMPLES: readonly ForeignSample[] = [
  { tool: 'Squid, acl dstdomain', code: 'foreign_leading_dot', text: '.ads.example\n.tracker.example\n' },
  {
    tool: 'Privoxy, patterns of an action file',
    code: 'foreign_leading_dot',
    text: '.ads.example/\n.tracker.example/banners/\n',
  },
  { tool: 'Clash, domain rule provider', code: 'foreign_leading_dot', text: '+.ads.example\n.tracker.example\n' },
  { tool: 'a link to one', code: 'foreign_leading_dot', text: 'http://.ads.example/\n*..ads.example\n' },
  {
    tool: 'dnsmasq, address',
    code: 'foreign_dnsmasq',
    text: 'address=/ads.example/\naddress=/tracker.example/0.0.0.0\naddress=/a.example/b.example/::\n',
  },
  {
    tool: 'dnsmasq, server and local',
    code: 'foreign_dnsmasq',
    text: 'server=/ads.example/\nserver=/tracker.example/#\nlocal=/a.example/\n',
  },
  {
    tool: 'dnsmasq, other options',
    code: 'foreign_dnsmasq',
    text: 'ipset=/ads.example/blocked\ncname=ads.example,sink.example\nhost-record=ads.example,192.0.2.1\nconf-file=/etc/dnsmasq.d/ads.conf\n',
  },
  {
    tool: 'AdBlock Plus, head',
    code: 'foreign_adblock',
    text: '[Adblock Plus 2.0]\n! Title: a list\n! Expires: 4 days\n',
  },
  {
    tool: 'AdBlock Plus, addresses',
    code: 'foreign_adblock',
    text: '||ads.example^\n||tracker.example^$third-party\n||a.example/banner/*$image,domain=b.example\n|http://ads.example/\n@@||fine.example^\n@@|http://fine.example/\n',
  },
  {
    tool: 'AdBlock Plus, elements',
    code: 'foreign_adblock',
    text: 'host.example##.banner\na.example,b.example##div[id^="ad"]\nhost.example#@#.banner\nhost.example#?#div:-abp-has(.ad)\n',
  },
  {
    tool: 'AdGuard, elements and styles',
    code: 'foreign_adblock',
    text: 'host.example#$#body { padding: 0 }\nhost.example#%#//scriptlet("x")\nhost.example##+js(nobab)\n',
  },
  {
    tool: 'AdBlock, without bars',
    code: 'foreign_adblock',
    text: 'ads.example^\nads.example^$script\nads.example$third-party\n',
  },
  { tool: 'browser match patterns', code: 'foreign_adblock', text: '*://*.ads.example/*\n' },
  {
    tool: 'hosts file',
    code: 'foreign_hosts',
    text: '127.0.0.1 ads.example\n0.0.0.0 tracker.example\n0.0.0.0\ttab.example # why\n127.0.0.1 a.example b.example c.example\n0 short.example\n',
  },
  {
    tool: 'hosts file, its first lines',
    code: 'foreign_hosts',
    text: '127.0.0.1 localhost\n127.0.0.1 localhost.localdomain\n255.255.255.255 broadcasthost\n::1 localhost\n::1 ip6-loopback\nfe80::1%lo0 localhost\nff02::1 ip6-allnodes\n0.0.0.0 0.0.0.0\n',
  },
  {
    tool: 'hosts file of IPv6',
    code: 'foreign_hosts',
    text: '::1 ads.example\n:: tracker.example\n::ffff:0.0.0.0 a.example\n',
  },
  {
    tool: 'RPZ, head',
    code: 'foreign_zone',
    text: '$TTL 300\n$ORIGIN rpz.example.\n@ SOA localhost. root.localhost. (\n  2026112601 ; serial\n  1h ; refresh\n  15m ; retry\n  30d ; expire\n  2h ) ; minimum\n  NS localhost.\n',
  },
  {
    tool: 'RPZ, head in one line',
    code: 'foreign_zone',
    text: '@ IN SOA localhost. root.localhost. 2026112601 43200 3600 86400 300\n@ 3600 IN NS localhost.\n; a comment\n',
  },
  {
    tool: 'RPZ, actions',
    code: 'foreign_zone',
    text: 'ads.example CNAME .\n*.ads.example CNAME .\nads.example IN CNAME .\nads.example 300 IN CNAME *.\nfine.example\tCNAME\trpz-passthru.\ndrop.example CNAME rpz-drop.\n',
  },
  {
    tool: 'RPZ, addresses and data',
    code: 'foreign_zone',
    text: '32.1.2.0.192.rpz-ip CNAME .\n24.0.2.0.192.rpz-client-ip CNAME rpz-drop.\nads.example A 192.0.2.1\nads.example IN AAAA ::1\nads.example 60 TXT "listed"\nns.example.rpz-nsdname CNAME .\n',
  },
  {
    tool: 'BIND, named.conf',
    code: 'foreign_bind',
    text: 'zone "ads.example" { type master; file "/etc/bind/null.zone"; };\nzone "tracker.example" IN {\n};\n',
  },
  { tool: 'nginx, map', code: 'foreign_bind', text: 'hostnames;\n' },
  {
    tool: 'Unbound, local-zone',
    code: 'foreign_unbound',
    text: 'server:\nlocal-zone: "ads.example" static\n  local-zone: "tracker.example." always_nxdomain\n',
  },
  {
    tool: 'Unbound, local-data',
    code: 'foreign_unbound',
    text: 'local-data: "ads.example A 0.0.0.0"\nlocal-zone: ads.example refuse\ninclude: "/etc/unbound/ads.conf"\nrpz:\n  name: rpz.example\n',
  },
  {
    tool: 'squidGuard and ufdbGuard, expressionlist',
    code: 'foreign_regex',
    text: '(^|[-\\?+=/_])(ads|banners)([-\\?+=/_]|$)\n^[^/]*ads[0-9]+\\.\n\\.(gif|swf)$\n',
  },
  {
    tool: 'Squid, dstdom_regex',
    code: 'foreign_regex',
    text: '\\.ads\\.example$\n(^|\\.)ads\\.example$\nads[0-9]+\\.example\nads\\.example\n^www\\.ads\\.\n[0-9]$\n',
  },
  {
    tool: 'Squid, url_regex',
    code: 'foreign_regex',
    text: '^http://ads\\.example/\n.*\\.ads\\.example/watch.*\n.*\\.(exe|msi)$\n^ftp://.*\\.mp3$\n',
  },
  {
    tool: 'Pi-hole, regular expressions',
    code: 'foreign_regex',
    text: '(\\.|^)ads\\.example$\n^ad([sxv]?[0-9]*|system)[_.-]([^.[:space:]]+\\.){1,}|[_.-]ad([sxv]?[0-9]*|system)[_.-]\n^(.+[_.-])?telemetry[_.-]\n',
  },
  {
    tool: 'AdGuard Home, regular expressions',
    code: 'foreign_regex',
    text: '/^ads[0-9]+\\.example$/\n/banner[0-9]+/\n',
  },
  {
    tool: 'nginx and HAProxy, expressions of a map',
    code: 'foreign_regex',
    text: '~^ads\\d+\\.example$ 1;\n~*\\.ads\\.example$ 1;\n^ads\\. deny\n',
  },
  {
    tool: 'HAProxy, map',
    code: 'foreign_map',
    text: 'ads.example reject_page\ntracker.example be_blocked\na.example 1\n',
  },
  { tool: 'nginx, map with a value', code: 'foreign_map', text: 'ads.example 1;\ndefault 0;\n' },
  { tool: 'Squid, acl file with options', code: 'foreign_map', text: 'ads.example -i\n' },
  {
    tool: 'CSV with a head',
    code: 'foreign_csv',
    text: 'url,category,date\n"http://ads.example/","ads","2026-11-26"\nads.example,ads,2026-11-26\n1,http://ads.example/x,ads\n',
  },
  { tool: 'CSV with dates first', code: 'foreign_csv', text: '2026-11-26 10:00:00,http://ads.example/,online\n' },
  {
    tool: 'CSV as spreadsheets of some countries write it',
    code: 'foreign_csv',
    text: 'url;category\nads.example;ads\n',
  },
  { tool: 'JSON', code: 'foreign_json', text: '[\n  "ads.example",\n  "tracker.example"\n]\n' },
  { tool: 'JSON objects', code: 'foreign_json', text: '{\n  "domains": [\n    "ads.example"\n  ],\n  "count": 1\n}\n' },
  {
    tool: 'JSON lines',
    code: 'foreign_json',
    text: '{"url":"http://ads.example/","category":"ads"}\n["ads.example"]\n[{"url": "http://ads.example/"}]\n',
  },
  {
    tool: 'YAML, a list',
    code: 'foreign_yaml',
    text: "---\npayload:\n  - ads.example\n  - '+.tracker.example'\nads: [a.example]\n",
  },
  {
    tool: 'Surge and Clash, rules',
    code: 'foreign_rules',
    text: 'DOMAIN,ads.example,REJECT\nDOMAIN-SUFFIX,ads.example\nDOMAIN-KEYWORD,ads\nIP-CIDR,192.0.2.0/24,REJECT\nHOST-SUFFIX, ads.example, REJECT\n',
  },
  {
    tool: 'V2Ray, domain list',
    code: 'foreign_rules',
    text: 'domain:ads.example\nfull:www.ads.example\nkeyword:ads\nregexp:^ads\n',
  },
  {
    tool: 'networks',
    code: 'foreign_network',
    text: '192.0.2.0/24\n198.51.100.7/32\n203.0.113.0/8 # a comment\n192.0.2.0/255.255.255.0\n2001:db8::/32\n[2001:db8::]/64\n',
  },
  {
    tool: 'ranges and parts of addresses',
    code: 'foreign_network',
    text: '192.0.2.0-192.0.2.255\n192.0.2.0 - 192.0.2.255\n192.0.2\n192.0.2.\n10\n2026112601\n',
  },
  {
    tool: 'HTML',
    code: 'foreign_html',
    text: '<!DOCTYPE html>\n<html lang="en">\n<head><title>Sign in</title></head>\n<body>\n</body></html>\n<?xml version="1.0"?>\n',
  },
  { tool: 'git, unfinished merge', code: 'foreign_diff', text: '<<<<<<< HEAD\n=======\n>>>>>>> branch\n' },
  {
    tool: 'reports with defanged addresses',
    code: 'foreign_defanged',
    text: 'hxxp://ads.example/x\nhxxps://ads.example/\nads[.]example\nhttp[:]//ads.example/\nads.example[.]com/x\nads[dot]example\n',
  },
];
