/** Each server whose clients must be served through the filter as without it. */
import { ldap, mariadb, memcached, postgres, redis } from './databases.ts';
import { cvs, ftp, git, gopher, nbd, rsync, subversion } from './files.ts';
import { dovecot, smtp } from './mail.ts';
import { beanstalk, gearman, irc, mqtt, sip, syslog, xmpp } from './messages.ts';
import type { Server } from './protocol.ts';
import { distcc, dns, whois } from './questions.ts';
import { ssh } from './shells.ts';
import { bittorrent, graphite, iperf, openvpn, socks } from './streams.ts';

export const SERVERS: readonly Server[] = [
  ssh,
  smtp,
  dovecot,
  ftp,
  rsync,
  git,
  subversion,
  cvs,
  nbd,
  gopher,
  memcached,
  redis,
  mariadb,
  postgres,
  ldap,
  irc,
  mqtt,
  beanstalk,
  gearman,
  sip,
  xmpp,
  syslog,
  whois,
  dns,
  distcc,
  graphite,
  iperf,
  socks,
  bittorrent,
  openvpn,
];
