/** Answers of origins, and those that are the proxy's own. */
import { BIG, CHUNKED, GET, LAST, OK, answer, request, type Scenarios } from './words.ts';

export const ANSWERS: Scenarios = {
  // Answers
  HEAD: {
    steps: [
      ['client', request('/', '', { method: 'HEAD' })],
      ['connected'],
      ['origin', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
      ['client', GET],
      ['origin', OK],
    ],
  },
  '204 and 304': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', 'HTTP/1.1 204 No Content\r\n\r\n'],
      ['client', GET],
      ['origin', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
      ['client', GET],
      ['origin', OK],
    ],
  },
  'interim answers': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200'],
      ['origin', OK.slice(12)],
    ],
  },
  'interim answers for 1.0': {
    steps: [
      ['client', request('/', '', { version: 'HTTP/1.0' })],
      ['connected'],
      ['origin', `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`],
    ],
  },
  'too many interim answers': {
    steps: [['client', GET], ['connected'], ['origin', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40)]],
  },
  'a body in pieces': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', 'HTTP/1.1 200 OK\r\nContent-Le'],
      ['origin', 'ngth: 6\r\n\r\nab'],
      ['origin', 'cd'],
      ['origin', 'ef'],
      ['client', LAST],
      ['origin', OK],
    ],
  },
  chunks: {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', `${CHUNKED}4\r\nbo`],
      ['origin', 'dy\r\n1'],
      ['origin', '0;e=f\r\n0123456789abcdef\r\n0\r\nT: v\r\n\r\n'],
      ['client', LAST],
      ['origin', OK],
    ],
  },
  'chunks that break': {
    steps: [['client', GET], ['connected'], ['origin', `${CHUNKED}4\r\nbody\r\n`], ['origin', 'zz\r\n']],
  },
  'chunks in a buffer of its own': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin owns its buffer'],
      ['origin', CHUNKED],
      ['origin', '4\r\nbody\r\n05\r\nother\r\n'],
      ['origin', '0\r\n\r\n'],
    ],
  },
  'until the connection ends': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', 'HTTP/1.1 200 OK\r\n\r\nall'],
      ['origin', ' of it'],
      ['origin ends'],
      ['client ends'],
    ],
  },
  'until the connection is reset': {
    steps: [['client', GET], ['connected'], ['origin', 'HTTP/1.1 200 OK\r\n\r\nall'], ['origin gone', 'ECONNRESET']],
  },
  'bytes behind the answer': {
    steps: [['client', GET], ['connected'], ['origin', `${OK}more`], ['client', GET], ['connected'], ['origin', OK]],
  },
  'a larger answer': {
    steps: [['client', GET], ['connected'], ['origin', answer(BIG)], ['client', LAST], ['origin', OK]],
  },
  'no HTTP': { steps: [['client', GET], ['connected'], ['origin', 'SSH-2.0-x\r\n'], ['origin ends']] },
  'an answer that says close': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', answer('ok', 'Connection: close\r\n')],
      ['client', GET],
      ['connected'],
      ['origin', OK],
    ],
  },
  'NTLM binds the connection': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', answer('no', 'WWW-Authenticate: NTLM\r\n')],
      ['client', request('/', 'Authorization: NTLM TlRM\r\n')],
      ['origin', OK],
      ['client resets'],
    ],
  },

  // Refused, blocked, answered here
  'blocked page': {
    steps: [
      ['client', request('/page', '', { host: 'listed.example' })],
      ['client', GET],
      ['connected'],
      ['origin', OK],
    ],
  },
  'blocked page for HEAD': {
    steps: [
      ['client', request('/page', '', { host: 'listed.example', method: 'HEAD' })],
      ['client', LAST],
      ['connected'],
      ['origin', OK],
    ],
  },
  'blocked page with a body under way': {
    steps: [
      ['client', request('/dir/x', 'Content-Length: 10\r\n', { host: 'listed.example', method: 'POST' })],
      ['client', '0123456789'],
      ['client ends'],
    ],
  },
  canary: { steps: [['client', request('/x', '', { host: 'canary.example' })], ['connected'], ['origin', OK]] },
  'a body for a host with path entries': {
    steps: [
      ['client', request('/other', 'Content-Length: 2\r\n', { host: 'listed.example', method: 'POST' }) + 'ab'],
      ['connected'],
      ['origin', OK],
      ['client', GET],
      ['connected'],
    ],
  },
  'a bad head': { steps: [['client', 'GET / HTTP/1.1\r\nbad\r\n\r\n'], ['client', 'more'], ['client ends']] },
  'a bad head, and no end of bytes': {
    settings: { limits: { lingerBytes: '16KiB' } },
    steps: [
      ['client', 'bad\r\n\r\n'],
      ['client', 'x'.repeat(10_000)],
      ['client', 'x'.repeat(10_000)],
      ['pass', 1000],
      ['pass', 1500],
    ],
  },
  'a bad head, and the client stays': {
    steps: [
      ['client', 'bad\r\n\r\n'],
      ['pass', 1000],
      ['pass', 1500],
    ],
  },
  'OPTIONS for the proxy': {
    steps: [
      ['client', 'OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n'],
      ['client', LAST],
      ['connected'],
      ['origin', OK],
    ],
  },
  'no such name': {
    steps: [
      ['client', GET],
      ['connect fails', 'noSuchName'],
      ['client', GET],
      ['connect fails', 'denied'],
      ['client ends'],
    ],
  },
  'too many unread answers': {
    steps: [
      ['client stalls'],
      ['client', request('/page', '', { host: 'listed.example' }).repeat(60)],
      ['client takes'],
      ['client ends'],
    ],
  },
};
