import { expect, test } from '@jest/globals';
import { ClientAdmission } from '../../src/accept/client-admission.ts';
import { FakeSocket, Later, Trace } from '../support/fake-socket.ts';
import { Stage } from './stage.ts';

const EXPLICIT = { isForAll: false, isSilent: false };
/** Whoever may use the proxy; a stage has one connection open already. */
const ALLOWED = '192.0.2.1';
const clients = { allow: ['192.0.2.0/24'] };

test.each([
  { name: 'a client of the list', address: ALLOWED, limits: {}, counted: [] },
  { name: 'one that is not on it', address: '198.51.100.1', limits: {}, counted: ['dropped client_denied'] },
  { name: 'one that is gone already', address: undefined, limits: {}, counted: ['dropped client_error'] },
  { name: 'one too many of all', address: ALLOWED, limits: { connections: 1 }, counted: ['dropped connection_limit'] },
])('$name: $counted', ({ address, limits, counted }) => {
  const { context, trace } = new Stage({ clients, limits });
  const client = new ClientAdmission(context, EXPLICIT).admit(socket(), address);
  expect(client?.address ?? null).toBe(counted.length === 0 ? ALLOWED : null);
  expect(trace.lines.filter((line) => line.startsWith('dropped'))).toEqual(counted);
});

test('one that is not on the list is told so before it is closed', () => {
  const answer = new Trace();
  new ClientAdmission(new Stage({ clients }).context, EXPLICIT).admit(socket(answer), '198.51.100.1');
  expect(answer.lines[0]).toMatch(/^other < HTTP\/1\.1 403 /);
});

test('each connection of a client counts until it is closed', () => {
  const { context, trace } = new Stage({ clients, limits: { connectionsPerClient: 1 } });
  const admission = new ClientAdmission(context, EXPLICIT);
  const first = admission.admit(socket(), ALLOWED);
  expect(admission.admit(socket(), ALLOWED)).toBeNull();
  expect(trace.lines).toContain('dropped client_limit');
  context.clients.close(first!);
  expect(admission.admit(socket(), ALLOWED)).not.toBeNull();
});

function socket(trace = new Trace()): FakeSocket['real'] {
  return new FakeSocket('other', trace, new Later()).real;
}
