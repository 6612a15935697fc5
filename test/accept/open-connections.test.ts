import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OpenConnections } from '../../src/accept/open-connections.ts';

interface Numbered {
  readonly number: number;
  place: number;
}

test('it holds what was added and not deleted, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 200, size: 'max' }), (steps) => {
      const connections = new OpenConnections<Numbered>();
      const model = new Map<number, Numbered>();
      for (const number of steps) {
        const present = model.get(number);
        if (present === undefined) {
          const connection = { number, place: -1 };
          model.set(number, connection);
          connections.add(connection);
        } else {
          model.delete(number);
          connections.delete(present);
        }
        expect(connections.size).toBe(model.size);
      }
      expect(new Set(connections)).toEqual(new Set(model.values()));
    }),
  );
});

test('a visit may delete what it visits', () => {
  const connections = new OpenConnections<Numbered>();
  for (let number = 0; number < 10; number++) connections.add({ number, place: -1 });
  const visited: number[] = [];
  for (const connection of connections) {
    visited.push(connection.number);
    if (connection.number % 2 === 0) connections.delete(connection);
  }
  expect(visited.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...connections].map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([1, 3, 5, 7, 9]);
});
