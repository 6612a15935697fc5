/** Tunnels; turns, the end of the thread, changes of the configuration. */
import { BIG, GET, OK, ONE, SWITCHED, TUNNEL, UPGRADE, answer, connect, request, type Scenarios } from './words.ts';

export const TUNNELS: Scenarios = {
  // Tunnels
  CONNECT: {
    steps: [
      ...TUNNEL,
      ['client', '\0hello'],
      ['origin', 'world'],
      ['client ends'],
      ['origin', 'rest'],
      ['origin ends'],
    ],
  },
  'CONNECT with bytes behind it': {
    steps: [
      ['client', `${connect()}\0early`],
      ['connected'],
      ['origin', 'reply'],
      ['origin ends'],
      ['client', '\0late'],
      ['client ends'],
    ],
  },
  'CONNECT to a refused host': { steps: [['client', `${connect('refused.example')}\0early`], ['client ends']] },
  'CONNECT that fails': { steps: [['client', `${connect()}\0early`], ['connect fails', 'refused'], ['client ends']] },
  'CONNECT, the client leaves': { steps: [['client', connect()], ['client resets']] },
  'CONNECT, the client ends while connecting': {
    steps: [['client', connect()], ['client ends'], ['connected'], ['origin', 'x'], ['origin ends']],
  },
  'CONNECT, the origin resets': { steps: [...TUNNEL, ['client', '\0hello'], ['origin gone', 'ECONNRESET']] },
  'CONNECT, the client resets': { steps: [...TUNNEL, ['client', '\0hello'], ['client resets']] },
  'CONNECT, the origin closes': { steps: [...TUNNEL, ['client', '\0hello'], ['origin', 'bye'], ['origin gone', null]] },
  'a tunnel whose client does not read': {
    steps: [
      ...TUNNEL,
      ['pass', 400],
      ['client stalls'],
      ['origin', BIG],
      ['origin', 'more'],
      ['client takes'],
      ['origin', 'again'],
      ['client closes'],
    ],
  },
  'a tunnel whose origin does not read': {
    steps: [
      ...TUNNEL,
      ['origin stalls'],
      ['client', `\0${BIG}`],
      ['client', 'more'],
      ['origin takes'],
      ['client', 'again'],
      ['client closes'],
    ],
  },
  'a tunnel that stays silent': { steps: [...TUNNEL, ['pass', 59_000], ['pass', 2000]] },
  'a tunnel that falls silent': { steps: [...TUNNEL, ['client', '\0x'], ['pass', 7_400_000], ['pass', 50_000]] },
  upgrade: {
    steps: [
      ['client', UPGRADE],
      ['connected'],
      ['origin', `${SWITCHED}frame`],
      ['client', 'frame'],
      ['origin ends'],
      ['client ends'],
    ],
  },
  'upgrade, bytes before the answer': {
    steps: [
      ['client', `${UPGRADE}early`],
      ['connected'],
      ['origin', SWITCHED],
      ['client', 'frame'],
      ['client ends'],
      ['origin ends'],
    ],
  },
  'upgrade that was not asked for': { steps: [['client', GET], ['connected'], ['origin', SWITCHED]] },
  'upgrade that is declined': {
    steps: [['client', UPGRADE], ['connected'], ['origin', OK], ['client', GET], ['connected']],
  },

  // Turns, the end of the thread, changes
  'a head that waits for its turn': {
    steps: [['turns held'], ['client', GET], ['client', GET], ['turns free'], ['connected'], ['origin', OK]],
  },
  'a head that waits, and its client ends': {
    steps: [['turns held'], ['client', GET], ['client ends'], ['turns free'], ['connected'], ['origin', OK]],
  },
  'a CONNECT that waits, and its client ends': {
    steps: [
      ['turns held'],
      ['client', `${connect()}\0early`],
      ['client ends'],
      ['turns free'],
      ['connected'],
      ['origin ends'],
    ],
  },
  'a connection that waits for its turn': {
    steps: [['client', GET], ['turns held'], ['connected'], ['turns free'], ['origin', OK]],
  },
  'a connection that waits, and its client leaves': {
    steps: [['client', GET], ['turns held'], ['connected'], ['client resets'], ['turns free']],
  },
  'a connection that waits, and its origin leaves': {
    steps: [
      ['client', GET],
      ['turns held'],
      ['connected'],
      ['origin gone', 'ECONNRESET'],
      ['turns free'],
      ['client ends'],
    ],
  },
  'a head that is larger than a reload allows': {
    steps: [
      ['client', request('/', `X: ${'y'.repeat(2000)}\r\n`)],
      ['reload', { limits: { headerBytes: '1KiB' } }],
      ['connected'],
      ['client ends'],
    ],
  },
  'lame duck': { steps: [...ONE, ['lame duck'], ['client', GET], ['origin', OK], ['client ends']] },
  'drain while idle': { steps: [...ONE, ['drain'], ['pass', 900], ['pass', 200], ['client ends']] },
  'drain while idle, and a request': {
    steps: [['drain'], ['client', GET], ['connected'], ['origin', OK], ['client ends']],
  },
  'drain under an answer': {
    steps: [
      ['client', GET],
      ['connected'],
      ['origin', answer('12345').slice(0, -2)],
      ['drain'],
      ['origin', '45'],
      ['pass', 1100],
    ],
  },
  'drain under a tunnel': { steps: [...TUNNEL, ['drain'], ['client', '\0x'], ['origin', 'y'], ['client closes']] },
};
