/** Connections that end, that stand still, that come too late. */
import { BIG, CHUNKED, GET, LAST, OK, ONE, answer, post, request, type Scenarios } from './words.ts';

export const ENDS: Scenarios = {
  // Connections to origins that end
  'an idle connection that ended in time': {
    steps: [...ONE, ['origin ends'], ['client', GET], ['connected'], ['origin', OK]],
  },
  'an idle connection that ends under GET': {
    steps: [...ONE, ['client', GET], ['origin gone', null], ['connected'], ['origin', OK]],
  },
  'an idle connection that ends under POST': {
    steps: [...ONE, ['client', post('/', 4, 'bo')], ['origin gone', 'ECONNRESET'], ['client ends']],
  },
  'an idle connection that ends before anything is written': {
    steps: [
      ...ONE,
      ['together', ['client', post('/', 2, 'ab')], ['origin gone', 'ECONNRESET']],
      ['connected'],
      ['origin', OK],
    ],
  },
  'an idle connection that speaks before it is asked': {
    steps: [...ONE, ['together', ['client', GET], ['origin', OK]], ['connected'], ['origin', OK]],
  },
  'a new connection that ends at once': { steps: [['client', GET], ['connected'], ['origin gone', null]] },
  'ended in the middle of a head': {
    steps: [...ONE, ['client', GET], ['origin', 'HTTP/1.1 200'], ['origin ends'], ['client ends']],
  },
  'ended in the middle of a body': {
    steps: [['client', GET], ['connected'], ['origin', answer('12345').slice(0, -2)], ['origin ends']],
  },
  'idle for too long': { steps: [...ONE, ['pass', 30_000], ['client', GET], ['pass', 61_000]] },

  // Clients that end
  'ends before anything': { steps: [['client ends']] },
  'ends inside a head': { steps: [['client', GET.slice(0, 20)], ['client ends']] },
  'ends inside a body': { steps: [['client', post('/', 6, 'ab')], ['connected'], ['client ends']] },
  'ends while its answer is awaited': {
    steps: [['together', ['client', GET], ['client ends']], ['connected'], ['origin', OK]],
  },
  'ends while its answer is awaited: an abort': {
    settings: { clients: { abortOnFin: true } },
    steps: [['client', GET], ['connected'], ['client ends']],
  },
  'ends behind pipelined requests': {
    steps: [['client', `${GET}${request('/2')}`], ['connected'], ['client ends'], ['origin', OK], ['origin', OK]],
  },
  'resets while connecting': { steps: [['client', GET], ['client resets']] },
  'resets under its answer': {
    steps: [['client', GET], ['connected'], ['origin', answer('12345').slice(0, -2)], ['client resets']],
  },
  'closes between requests': { steps: [...ONE, ['client closes']] },

  // Back-pressure
  'a client that does not read': {
    steps: [
      ['client', GET],
      ['connected'],
      ['client stalls'],
      ['origin', answer(BIG)],
      ['client takes'],
      ['client', LAST],
      ['origin', OK],
    ],
  },
  'a client that does not read a stream': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', CHUNKED],
      ['client stalls'],
      ['origin', '4\r\nbody\r\n'],
      ['origin', '5\r\nother\r\n'],
      ['pass', 100_000],
    ],
  },
  'a client that reads at last': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', 'HTTP/1.1 200 OK\r\n\r\n'],
      ['client stalls'],
      ['origin', 'a'.repeat(100)],
      ['pass', 30_000],
      ['client takes'],
      ['pass', 40_000],
      ['origin', 'b'],
      ['origin ends'],
    ],
  },
  'a last answer that is not read': {
    steps: [['client stalls'], ['client', LAST], ['connected'], ['origin', answer(BIG)], ['pass', 61_000]],
  },

  // Deadlines
  idle: {
    steps: [
      ['pass', 59_000],
      ['pass', 2000],
    ],
  },
  'idle after an answer': { steps: [...ONE, ['pass', 59_000], ['pass', 2000]] },
  'a head that does not come to its end': {
    steps: [
      ['client', GET.slice(0, 20)],
      ['pass', 9000],
      ['client', '/'],
      ['pass', 2000],
    ],
  },
  'no first byte': { steps: [['client', GET], ['connected'], ['pass', 61_000], ['client', GET], ['connected']] },
  'an answer that stops': {
    steps: [['client', GET], ['connected'], ['origin', answer('12345').slice(0, -2)], ['pass', 61_000]],
  },
};
