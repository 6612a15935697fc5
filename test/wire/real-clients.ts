/** First requests as real programs send them to port 80, with nobody in between: none of them may be refused (requirement 76, from the other side). */
export const REAL_CLIENTS: Readonly<Record<string, string>> = {
  curl: 'GET / HTTP/1.1\r\nHost: www.example\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n',
  'curl --http2':
    'GET / HTTP/1.1\r\nHost: www.example\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n',
  'curl with raw UTF-8':
    'GET /voil\xc3\xa0 HTTP/1.1\r\nHost: www.example\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n',
  'curl, sending a file':
    'PUT /x HTTP/1.1\r\nHost: www.example:8080\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n',
  'curl, sending what has no end':
    'POST /x HTTP/1.1\r\nHost: www.example\r\nTransfer-Encoding: chunked\r\nContent-Type: application/octet-stream\r\n\r\n5\r\nhello\r\n',
  wget: 'GET /a%20b HTTP/1.1\r\nHost: www.example\r\nUser-Agent: Wget/1.25.0\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: Keep-Alive\r\n\r\n',
  apt: 'GET /debian/dists/trixie/InRelease HTTP/1.1\r\nHost: deb.example\r\nRange: bytes=1024-\r\nIf-Range: Sat, 15 Nov 2025 09:40:15 GMT\r\nUser-Agent: Debian APT-HTTP/1.3 (3.0.3)\r\n\r\nGET /debian/dists/trixie/main/binary-amd64/by-hash/SHA256/00 HTTP/1.1\r\nHost: deb.example\r\nUser-Agent: Debian APT-HTTP/1.3 (3.0.3)\r\n\r\n',
  'python-requests':
    'POST /form HTTP/1.1\r\nHost: www.example\r\nUser-Agent: python-requests/2.32.3\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Length: 3\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=b',
  ApacheBench: 'GET / HTTP/1.0\r\nHost: www.example\r\nUser-Agent: ApacheBench/2.3\r\nAccept: */*\r\n\r\n',
  'firmware that knows no Host':
    'GET /cgi-bin/update?v=1.2|3 HTTP/1.0\r\nUser-Agent: device\r\nConnection: close\r\n\r\n',
  'firmware that ends lines with LF': 'GET /check HTTP/1.0\nUser-Agent: device\n\n',
  'firmware that ends the head with LF': 'GET /check HTTP/1.1\r\nHost: www.example\r\n\n',
  'a listener to a stream':
    'GET /stream HTTP/1.0\r\nHost: radio.example:80\r\nUser-Agent: player\r\nIcy-MetaData: 1\r\n\r\n',
  'a source of a stream':
    'SOURCE /stream HTTP/1.0\r\nAuthorization: Basic c291cmNlOng=\r\nUser-Agent: libshout/2.4.6\r\nContent-Type: audio/mpeg\r\nice-name: x\r\n\r\n',
  OCSP: 'POST / HTTP/1.1\r\nHost: ocsp.example\r\nContent-Type: application/ocsp-request\r\nContent-Length: 83\r\nConnection: keep-alive\r\n\r\n0Q0O0M\0',
  'OCSP by GET': 'GET /MFEwTzBNMEswSTAJBgUrDgMCGgUABBQ%2BPz8%3D HTTP/1.1\r\nHost: ocsp.example\r\n\r\n',
  ACME: 'GET /.well-known/acme-challenge/evaGxfADs6pSRb2LAv9IZf17 HTTP/1.1\r\nHost: www.example\r\nUser-Agent: validation server\r\nAccept: */*\r\nConnection: close\r\n\r\n',
  'a captive portal probe':
    'GET /generate_204 HTTP/1.1\r\nUser-Agent: Dalvik/2.1.0\r\nHost: connectivity.example\r\nConnection: Keep-Alive\r\nAccept-Encoding: gzip\r\n\r\n',
  WebSocket:
    'GET /chat HTTP/1.1\r\nHost: ws.example\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nOrigin: http://www.example\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n',
  'a client of another proxy':
    'GET http://www.example/ HTTP/1.1\r\nHost: www.example\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp4\r\n\r\n',
  'a tunnel through another proxy':
    'CONNECT www.example:443 HTTP/1.1\r\nHost: www.example:443\r\nProxy-Connection: keep-alive\r\n\r\n',
  NTLM: 'GET / HTTP/1.1\r\nHost: intranet.example\r\nAuthorization: NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==\r\n\r\n',
  WebDAV: 'PROPFIND /dav/ HTTP/1.1\r\nHost: dav.example\r\nDepth: 1\r\nContent-Length: 0\r\n\r\n',
  'an old browser that leaves CRLF behind a body':
    '\r\nGET /next HTTP/1.1\r\nHost: www.example\r\nUser-Agent: Mozilla/4.0 (compatible)\r\n\r\n',
  'an address': 'GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n',
  'a name with an underscore': 'GET /?q={a}|b HTTP/1.1\r\nHost: my_host.example\r\n\r\n',
  telnet: 'GET /\r\n',
};
