/**
 * Pieces of the first lines and fields of requests, as somebody has sent them: what servers have been seen to take, and more.
 * In texts, ¦ stands between two pieces and %h for a host.
 */
import { HARMLESS_HOST, LISTED_HOST, PATHS_HOST } from './site.ts';

/** What may stand where one space, one line end, nothing should. */
export const BYTES: readonly string[] = pieces(
  ' ¦\t¦\r¦\n¦\0¦\v¦\f¦\x1c¦\x1d¦\x1e¦\x1f¦\x7f¦\x85¦\xa0¦\x01',
  '\x08¦\x1b¦:¦;¦,¦/¦?¦#¦@¦"¦\\¦\'¦(¦)¦<¦>¦[¦]¦{¦}',
  '=¦+¦-¦_¦.¦%¦*¦|¦^¦~¦`¦\r\n¦\n\r¦\r\r\n¦\n\n¦\r\n\r\n',
  ' \r\n¦\t\n¦  ¦ \t ¦\xc3\xa0¦\xe2\x80\xa8¦\xff¦\xef\xbb\xbf¦HTTP/¦HTTP/1.1',
  'GET ¦GET /page¦Host: ¦Host: paths.localhost\r\n¦Host: listed.localhost\n',
  'Content-Length: 5\r\n¦Content-Length: 0\n¦Transfer-Encoding: chunked\r\n',
);

/** Before a request. */
export const LEADS: readonly string[] = pieces(
  '\r\n¦\n¦\r\n\r\n\n¦ ¦\t¦\r¦\0¦\v¦\f¦\x1c¦\x1f¦\x85¦\xa0',
  '\xef\xbb\xbf¦FOO\r\n¦FOO /x\r\n¦\x16¦\x16\x03\x01¦PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n¦#',
  '<¦{¦[¦\0\0\0¦0\r\n\r\n¦x¦ \r\n¦\n\n\n\n\n\n¦HTTP/1.1 100 Continue\r\n\r\n',
  'PROXY UNKNOWN\r\n¦\x80.\x01\x03\x01',
);

export const METHODS: readonly string[] = pieces(
  'POST¦HEAD¦PUT¦OPTIONS¦FOO¦get¦Get¦G-T¦G_T¦G@T¦CONNECT¦PRI¦TRACE',
  'DELETE¦"GET"¦GET\0¦GET:¦<GET¦G\xc9T¦M-SEARCH¦SOURCE¦PROPFIND¦QUERY¦',
  'HTTP/1.1',
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  'PATCH',
);

export const SEPARATORS: readonly string[] = pieces(
  '  ¦\t¦ \t ¦\v¦\f¦\x1c¦\x1f¦\x85¦\xa0¦\r¦\0¦ \r ¦¦ \n¦\x1d ',
  ' \xa0¦\xa0 ',
);

export const VERSIONS: readonly string[] = pieces(
  'HTTP/1.0¦HTTP/1.0¦¦¦http/1.1¦Http/1.1¦HTTP/1.2¦HTTP/1.9¦HTTP/1.10¦HTTP/01.1',
  'HTTP/1.01¦HTTP/1¦HTTP/1.¦HTTP/.1¦HTTP/2.0¦HTTP/0.9¦HTTP/0.1¦HTTP/3.0¦HTTP/1.1x',
  'HTTP/1.1 x¦HTTP /1.1¦HTTP/ 1.1¦HTTP/1.1 ¦HTTP/1.1\t¦HTTP/1.1\xa0¦HTTP/1.1\v¦FOO/1.1',
  'HTTPS/1.1¦ICY/1.1¦HTTP/+1.1¦HTTP/1,1¦HTTP/1.1\0¦HTTP¦HTTP/¦1.1¦HTTP/1.1HTTP/1.1',
  'HTTP/1.1 HTTP/1.1¦HTTP/1.00000000000000000001¦HTTP/11.1¦HTTP/1.-1¦HTTP\\1.1',
);

export const LINE_ENDS: readonly string[] = pieces(
  '\n¦\n¦\n¦\r¦\n\r¦\r\r\n¦ \r\n¦\t\r\n¦\0\r\n¦\v\r\n¦\v¦\f¦\x1c',
  '\x85¦\r\n ¦\r\n\t¦\r\n\r¦',
);

export const TARGETS: readonly string[] = onEachHost(
  pieces(
    '/page¦/deep/er/page¦/dir/x¦/x¦/¦/dir/fine/x¦/page?q¦*¦page¦?x¦¦dir/x',
    'HTTP://LISTED.LOCALHOST/page¦http:/page¦http:page¦http:///page¦urn:page',
    'HTTP://PATHS.LOCALHOST/page¦HTTP://HARMLESS.LOCALHOST/page¦/page#x¦#/page¦/x#/../page',
    '/x#?/../page¦/page\t¦/page\v¦/page\xa0¦/pa ge¦/page HTTP/1.1¦/page\0¦/page\x7f',
    '/page\\¦\\page¦/\\page¦/x y/../page¦./page¦../page¦%2fpage¦/%70age¦/page%20',
    '/page;x¦/caf\xc3\xa9¦/page\xc3\xa0¦HTTP://LISTED.LOCALHOST/page',
    'http://%6cisted.localhost/page',
  ),
  pieces(
    'http://%h/page¦http://%h:80/page¦http://%h¦http://%h?x¦https://%h/page¦foo+a.b://%h/page',
    'ws://%h/page¦//%h/page¦http:////%h/page¦http://u@%h/page¦http://u:p@%h:80/page',
    'http://harmless.localhost@%h/page¦http://%h@harmless.localhost/page¦http://%h#/page',
    'http://%h\\page¦http:\\\\%h/page¦http://%h./page¦http://%h,harmless.localhost/page',
    'http://%h:x/page¦http://%h:/page¦http://%h;x/page¦http://[%h]/page¦/http://%h/page',
    'a/http://%h/page¦://%h/page¦1http://%h/page¦%h/page¦%h:80¦http://../%h/../page',
    'http://%h/../../page',
  ),
);

export const HOSTS: readonly string[] = onEachHost(
  pieces('LISTED.LOCALHOST¦Paths.Localhost'),
  pieces(
    '¦%h¦%h:80¦%h:¦%h:x¦%h:80:80¦%h.¦u@%h¦%h@harmless.localhost',
    'harmless.localhost@%h¦%h,harmless.localhost¦harmless.localhost, %h¦%h harmless.localhost',
    '%h/x¦%h\\x¦%h?x¦%h#x¦http://%h¦%h\0¦%h\t¦%h\v¦%h\xa0¦\xa0%h¦"%h"¦%h;x',
    '[%h]¦harmless.localhost:%h¦%h\r\n .x¦\r\n %h¦harmless.localhost\r\n %h',
  ),
);

/** First lines that are no request to a parser, and to some server are. */
export const FIRST_LINES: readonly string[] = pieces(
  'OPTIONS *¦QUERY *¦PROPFIND *¦OPTIONS */../page¦OPTIONS */../dir/x¦OPTIONS %2fpage¦PURGE %2Fpage¦OPTIONS * /1.1',
  'OPTIONS * RTSP/1.0¦x¦x y z¦EHLO x¦USER x¦OPTIONS page¦OPTIONS ?x¦OPTIONS *?x¦OPTIONS *#/page¦SSH-2.0-x¦get page',
  'DESCRIBE rtsp://%h/page RTSP/1.0¦OPTIONS rtsp://%h/page RTSP/1.0¦SETUP rtspu://%h/page RTSP/2.0¦OPTIONS //%h/page',
  'DESCRIBE RTSP://%h/page RTSP/1.0 HTTP/1.1¦DESCRIBE rtsp://%h/page x RTSP/1.0¦OPTIONS sip:%h SIP/2.0¦x rtsp://%h/page RTSP/',
  'OPTIONS <http://%h/page>¦x "http://%h/page"¦DESCRIBE <rtsp://%h/page RTSP/1.0¦<x a=\'http://%h/page\'>',
  '\x01 %2fpage z¦<x> %2fpage z¦(x %2fpage z¦x /page \x01¦\x01\r\nx %2fpage z¦\xff %2fpage z',
  '<x>¦{"x":¦( x ¦\0¦\x01 *¦\x16\x10¦OPTIONS\0*¦OPTIONS *\0¦PROXY TCP4 127.0.0.1 127.0.0.1 1 2',
);
export const LATER_LINES: readonly string[] = pieces(
  'GET /page¦GET /page HTTP/1.1¦GET /page HTTP/1.0¦OPTIONS /page HTTP/1.1¦POST /page¦OPTIONS *¦OPTIONS %2fpage¦CSeq: 1',
  'X: <http://%h/page>¦x y http://%h/page¦OPTIONS <http://%h/page>¦\n\nx y http://%h/page',
  'Via: SIP/2.0/TCP x¦ Host: %h¦Host : %h¦HOST:%h¦X: y\rHost: %h¦Content-Length: 0¦\x01¦GET\tx\tHTTP/1.1¦get /page HTTP/1.1',
);

/** Lines of a head; %h is for one of HOSTS. */
export const FIELDS: readonly string[] = pieces(
  'Host: %h¦Host: %h¦host:%h¦HOST:\t%h¦Host : %h¦Host\t: %h¦ Host: %h¦\tHost: %h',
  'Host %h¦Host¦Host:¦"Host": %h¦Host\0: %h¦Host\v: %h¦Ho\x1est: %h¦Host;: %h',
  'Hos\xf4: %h¦X: y\rHost: %h¦X: y\nHost: %h¦X: y\vHost: %h¦X: y\x1cHost: %h',
  'X: y\x85Host: %h¦X: y\0Host: %h¦X: y\r\n Host: %h¦X:\r\n\r Host: %h¦foo¦foo bar¦:',
  ': x¦ : x¦\xe9: x¦a(b: x¦a b: x¦ ¦\t¦\0¦From x¦From: x¦\x01: x¦ fold',
  '\tfold¦X:\x01y¦X_Y: z¦Connection: close¦Connection: keep-alive¦Connection: Host',
  'Connection: Content-Length¦Connection: Upgrade¦Connection : close¦Proxy-Connection: keep-alive',
  'Upgrade: h2c¦Upgrade: websocket¦Upgrade: HTTP/2.0¦Upgrade: TLS/1.0, h2c',
  'HTTP2-Settings: AAMAAABkAAQAAP__¦Expect: 100-continue¦Expect: x¦TE: trailers',
  'X-Forwarded-Host: listed.localhost¦X-Original-URL: /y¦Accept: */*',
  'X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'Max-Forwards: 0¦Range: bytes=0-3',
);

export function pieces(...texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.split('¦'));
}

/** Those without host, and each of the others on every host. */
function onEachHost(plain: readonly string[], named: readonly string[]): readonly string[] {
  const hosts = [LISTED_HOST, PATHS_HOST, HARMLESS_HOST];
  return [...plain, ...hosts.flatMap((host) => named.map((text) => text.replaceAll('%h', host)))];
}
