/** Requests one after the other, with and without bodies. */
import {
  BIG,
  CHUNKED,
  GET,
  LAST,
  OK,
  ONE,
  answer,
  chunkedPost,
  post,
  request,
  type Scenarios,
  type Step,
} from './words.ts';

export const REQUESTS: Scenarios = {
  // Requests one after the other
  'one request, the last of its client': { steps: [['client', LAST], ['connected'], ['origin', OK]] },
  'three requests on one connection': {
    steps: [...ONE, ['client', GET], ['origin', OK], ['client', LAST], ['origin', OK]],
  },
  'byte by byte': {
    steps: [
      ...[...GET].map((byte): Step => ['client', byte]),
      ['connected'],
      ...[...OK].map((byte): Step => ['origin', byte]),
    ],
  },
  'pipelined: three in one read': {
    steps: [
      ['client', `${GET}${request('/2')}${request('/3')}`],
      ['connected'],
      ['origin', OK],
      ['origin', OK],
      ['origin', OK],
    ],
  },
  'pipelined behind a block': {
    steps: [['client', `${request('/page', '', { host: 'listed.example' })}${GET}`], ['connected'], ['origin', OK]],
  },
  'pipelined before a bad one': {
    steps: [['client', `${GET}bad\r\n\r\n`], ['connected'], ['origin', OK], ['client ends']],
  },
  'two answers in one turn': {
    steps: [...ONE, ['together', ['client', GET], ['origin', OK], ['client', request('/2')], ['origin', OK]]],
  },
  'empty lines between requests': { steps: [...ONE, ['client', '\r\n\r\n'], ['client', GET], ['origin', OK]] },
  'too much input while an answer is awaited': {
    settings: { limits: { pipelineBytes: '16KiB' } },
    steps: [['client', GET], ['client', GET.repeat(500)], ['connected'], ['origin', OK], ['client resets']],
  },
  'the most requests of a connection': {
    settings: { limits: { requestsPerConnection: 2 } },
    steps: [...ONE, ['client', GET], ['origin', OK], ['client ends']],
  },
  'HTTP/1.0': { steps: [['client', request('/', '', { version: 'HTTP/1.0' })], ['connected'], ['origin', OK]] },
  'HTTP/1.0 that asks to stay': {
    steps: [
      ['client', request('/', 'Connection: keep-alive\r\n', { version: 'HTTP/1.0' })],
      ['connected'],
      ['origin', OK],
      ['client ends'],
    ],
  },
  'HTTP/1.0 and chunks': {
    steps: [
      ['client', request('/', 'Connection: keep-alive\r\n', { version: 'HTTP/1.0' })],
      ['connected'],
      ['origin', `${CHUNKED}2\r\nok\r\n0\r\n\r\n`],
    ],
  },

  // Bodies of requests
  'a body by length, with its head': {
    steps: [
      ['client', post('/', 4, 'body')],
      ['connected'],
      ['origin', OK],
      ['client', GET],
      ['connected'],
      ['origin', OK],
    ],
  },
  'a body by length, in pieces': {
    steps: [
      ['client', post('/', 6, 'ab')],
      ['connected'],
      ['client', 'cd'],
      ['client', `ef${GET}`],
      ['origin', OK],
      ['origin', OK],
    ],
  },
  'a body by length on an idle connection': {
    steps: [...ONE, ['client', post('/', 4, 'bo')], ['client', 'dy'], ['origin', OK], ['pass', 60_000]],
  },
  'a chunked body': {
    steps: [
      ['client', chunkedPost('4\r\nbody\r\n')],
      ['connected'],
      ['client', '03;x=y\r\nabc\r\n0\r\nTrailer: t\r\n\r\n'],
      ['origin', OK],
    ],
  },
  'a chunked body that breaks': {
    steps: [['client', chunkedPost('4\r\nbody\r\n')], ['connected'], ['client', 'zz\r\n'], ['client ends']],
  },
  'a chunked body that breaks under its answer': {
    steps: [
      ['client', chunkedPost('4\r\nbody\r\n')],
      ['connected'],
      ['origin', answer('12345').slice(0, -3)],
      ['client', 'zz\r\n'],
    ],
  },
  'Expect: 100-continue': {
    steps: [
      ['client', post('/', 4, '', 'Expect: 100-continue\r\n')],
      ['connected'],
      ['origin', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['client', 'body'],
      ['origin', OK],
    ],
  },
  'Expect: refused by the origin': {
    steps: [
      ['client', post('/', 4, '', 'Expect: 100-continue\r\n')],
      ['connected'],
      ['origin', 'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n'],
      ['client ends'],
    ],
  },
  'an answer before the body is complete': {
    steps: [['client', post('/', 6, 'ab')], ['connected'], ['origin', OK], ['client', 'cdef'], ['client ends']],
  },
  'a body of GET: the connection carries no other': {
    steps: [
      ['client', `${request('/', 'Content-Length: 2\r\n')}ab`],
      ['connected'],
      ['origin', OK],
      ['client', GET],
      ['connected'],
      ['origin', OK],
    ],
  },
  'a body that stops': { steps: [['client', post('/', 6, 'ab')], ['connected'], ['pass', 61_000]] },
  'a body that drips': {
    steps: [['client', post('/', 900, 'ab')], ['connected'], ['pass', 40_000], ['client', 'c'], ['pass', 40_000]],
  },
  'a body that the origin does not take': {
    steps: [
      ['client', post('/', 400_000, '')],
      ['connected'],
      ['origin stalls'],
      ['client', BIG],
      ['client', 'y'.repeat(1000)],
      ['pass', 100_000],
      ['origin takes'],
      ['client', BIG.slice(1000)],
      ['origin', OK],
    ],
  },
};
