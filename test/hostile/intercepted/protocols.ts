/**
 * Protocols that are neither HTTP nor TLS, in the bytes that their programs send: each byte comes through, both ways, and waits for nothing but the end of
 * its own line. A step is told apart by who speaks: a client waits for the server's before it goes on, and the server for its.
 */
import { describe, expect, test } from '@jest/globals';
import { sendPieces } from '../support/connection.ts';
import type { Way } from './way.ts';

type Step = readonly [who: 'client' | 'server', bytes: string];
const c = (bytes: string): Step => ['client', bytes];
const s = (bytes: string): Step => ['server', bytes];

const PROTOCOLS: Readonly<Record<string, readonly Step[]>> = {
  'SSH, both at once': [
    c('SSH-2.0-OpenSSH_10.0p2 Debian-7\r\n'),
    s('SSH-2.0-OpenSSH_9.2p1\r\n'),
    c('\0\0\x05\xfc\x06\x14abc\ncurve25519-sha256,/x\0'),
    s('\0\0\x04\x0c'),
  ],
  'SSH, whose client does not wait': [
    c('SSH-2.0-Go\r\n\0\0\x02\xac\x04\x14\n /x\nHost: none'),
    s('SSH-2.0-OpenSSH_9.2p1\r\n'),
  ],
  SMTP: [
    s('220 mail.example ESMTP Postfix\r\n'),
    c('EHLO client.example\r\n'),
    s('250-mail.example\r\n250 SMTPUTF8\r\n'),
    c('MAIL FROM:<a@example> SIZE=10\r\nRCPT TO:<b@example>\r\nDATA\r\n'),
    s('250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End\r\n'),
    c('Subject: x\r\n\r\nGET /page HTTP/1.1\r\nHost: listed.example\r\n.\r\n'),
    s('250 2.0.0 Ok\r\n'),
  ],
  FTP: [
    s('220 (vsFTPd 3.0.5)\r\n'),
    c('USER anonymous\r\n'),
    s('331 ok\r\n'),
    c('PASS x\r\n'),
    s('230 ok\r\n'),
    c('RETR /page\r\n'),
  ],
  POP3: [s('+OK ready <1@pop.example>\r\n'), c('CAPA\r\n'), s('+OK\r\nUSER\r\n.\r\n'), c('USER a\r\nPASS b\r\n')],
  IMAP: [s('* OK [CAPABILITY IMAP4rev1] ready\r\n'), c('a1 LOGIN a b\r\n'), s('a1 OK\r\n'), c('a2 SELECT "INBOX"\r\n')],
  NNTP: [s('200 news.example\r\n'), c('MODE READER\r\n'), s('200 ok\r\n'), c('GROUP misc.test\r\n')],
  IRC: [
    c('CAP LS 302\r\nNICK nobody\r\nUSER nobody 0 * :No Body\r\n'),
    s(':irc.example CAP * LS :multi-prefix\r\n'),
    c('CAP END\r\nPRIVMSG #a :see http://listed.example/page\r\n'),
    s('PING :1\r\n'),
  ],
  MQTT: [
    c('\x10\x0e\0\x04MQTT\x04\x02\0<\0\x02ab'),
    s('\x20\x02\0\0'),
    c('\x82\x06\0\x01\0\x01a\0'),
    s('\x90\x03\0\x01\0'),
  ],
  'SIP over TCP': [
    c(
      'REGISTER sip:sip.example SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bK1\r\nFrom: <sip:a@sip.example>;tag=1\r\nTo: <sip:a@sip.example>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n',
    ),
    s('SIP/2.0 401 Unauthorized\r\n\r\n'),
  ],
  whois: [c('example.org\r\n'), s('domain: EXAMPLE.ORG\r\n')],
  'whois with words': [c('-T dn,ace example.de\r\n'), s('Domain: example.de\r\n')],
  memcached: [c('get key\r\n'), s('VALUE key 0 1\r\na\r\nEND\r\n'), c('set other 0 0 5\r\nhello\r\n'), s('STORED\r\n')],
  Redis: [c('*1\r\n$4\r\nPING\r\n'), s('+PONG\r\n'), c('*2\r\n$3\r\nGET\r\n$1\r\na\r\n'), s('$-1\r\n')],
  'Redis, inline': [c('PING\r\n'), s('+PONG\r\n'), c('GET key\r\n'), s('$-1\r\n')],
  BitTorrent: [
    c(`\x13BitTorrent protocol${'\0'.repeat(8)}\nhash/of 20 bytes/xx-TR4060-abcdefghijkl`),
    s('\x13BitTorrent protocol'),
  ],
  'RTSP without Host': [
    c('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: x\r\n\r\n'),
    s('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'),
    c('DESCRIBE rtsp://cam.example/live RTSP/1.0\r\nCSeq: 2\r\n\r\n'),
    s('RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n'),
  ],
  'RTSP, which names a host at once': [
    c('DESCRIBE rtsp://cam.example:554/live RTSP/1.0\r\nCSeq: 1\r\n\r\n'),
    s('RTSP/1.0 200 OK\r\n\r\n'),
  ],
  STOMP: [c('CONNECT\naccept-version:1.2\nhost:/\n\n\0'), s('CONNECTED\nversion:1.2\n\n\0')],
  XMPP: [
    c("<?xml version='1.0'?><stream:stream to='a.example' xmlns='jabber:client'>"),
    s("<?xml version='1.0'?><stream:stream>"),
  ],
  'JSON in lines': [c('{"id":1,"method":"mining.subscribe","params":["x/1"]}\n'), s('{"id":1,"result":[]}\n')],
  'JSON without an end': [c('{"id":1}'), s('{"id":1,"result":0}')],
  'a game that speaks first': [s('\x0a\0\0\x01'), c('\x10\0\x04name'), s('\x02')],
  'a game whose client speaks first': [c('\x10\0\xf6\x05\x09localhost\x63\xdd\x02\x01\0'), s('\x20\0')],
  MySQL: [s('J\0\0\0\n8.0.42\0'), c('\x20\0\0\x01\x85\xa6\xff\x01'), s('\x07\0\0\x02\0')],
  'MySQL with TLS': [
    s('J\0\0\0\n8.0.42\0'),
    c('\x20\0\0\x01\x85\xae\xff\x19\0\0\0\x01\xff\0'),
    c('\x16\x03\x01\0\x05\x01'),
    s('\x16\x03\x03\0\x7a\x02'),
  ],
  'TLS behind a PROXY header': [
    c('PROXY TCP4 192.0.2.9 192.0.2.80 1024 8443\r\n\x16\x03\x01\0\x05'),
    s('\x16\x03\x03'),
  ],
  PostgreSQL: [c('\0\0\0\x08\x04\xd2\x16\x2f'), s('S'), c('\x16\x03\x01\0\x05'), s('\x16\x03\x03\0\x05')],
  RDP: [c('\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0'), s('\x03\0\0\x13\x0e\xd0')],
  RTMP: [c(`\x03\0\0\0\0\0\0\0\0${'\n /xy'.repeat(300)}`), s('\x03')],
  'git over TCP': [c('003egit-upload-pack /project.git\0host=git.example\0'), s('00e3')],
  rsync: [s('@RSYNCD: 31.0\n'), c('@RSYNCD: 31.0\nmodule\n'), s('@RSYNCD: OK\n')],
  gopher: [c('/page\r\n'), s('iText\tfake\t(NULL)\t0\r\n')],
  finger: [c('user\r\n'), s('Login: user\r\n')],
  'a line that is answered by half of one that looks like HTTP': [c('x\r\n'), s('HTT'), s('R ok\r\n'), c('y'), s('z')],
};

export function protocolsBehave(way: Way): void {
  describe('requirement 81: other protocols pass as before', () => {
    const where = way({ list: 'http://listed.example/page?*\nwhole.example' });

    describe.each([
      ['whole', (bytes: string) => [bytes]],
      ['in two pieces', (bytes: string) => [bytes.slice(0, 3), bytes.slice(3)]],
    ])('%s', (_how, pieces) => {
      test.each(Object.entries(PROTOCOLS))('%s', async (_name, steps) => {
        const { upstream } = where;
        upstream.automatic = false;
        const client = await where.client();
        let [sent, answered] = ['', ''];
        for (const [who, bytes] of steps) {
          if (who === 'client') {
            await sendPieces(
              client,
              pieces(bytes).filter((piece) => piece !== ''),
            );
            sent += bytes;
            await upstream.until((all) => all.bytes === sent);
          } else {
            await upstream.until(({ fresh }) => fresh.length > 0);
            upstream.fresh.at(-1)!.send(bytes);
            answered += bytes;
            // Of what begins as an answer in HTTP the last part has to come before the first is told.
            if (bytes !== 'HTT') await client.until(({ received }) => received === answered);
          }
        }
        expect([upstream.take(), client.received]).toEqual([sent, answered]);
        client.reset();
      });
    });
  });
}
