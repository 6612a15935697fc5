/**
 * Fuzz target: a configuration file, of the filter and of the relay. Whatever stands in it gives a configuration, or faults with places in the file; where the control socket
 * is told without reading the whole file, the whole file says the same.
 */
import { placesIn } from '../../../src/config/control-place.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { parseRelay } from '../../../src/config/relay.ts';
import { statePlaces } from '../../../src/config/state-places.ts';

const FILE = '/etc/cleanfeed/cleanfeed.yaml';
const ENVIRONMENT = { HOME: '/home/operator' };

export function fuzz(data: Buffer): void {
  const text = data.toString('utf8');
  const lines = text.split(/\r\n|\r|\n/).length;
  const loaded = parseConfig(text, FILE, ENVIRONMENT);
  if (!loaded.ok) {
    demand(loaded.faults.length > 0, 'what is refused has a fault', text);
    for (const { line, column, message } of loaded.faults)
      demand(line >= 1 && line <= lines && column >= 1 && message !== '', 'a fault has a place', { line, message });
  }
  const relay = parseRelay(text, FILE);
  if (!relay.ok) demand(relay.faults.length > 0, 'what is refused of a relay has a fault', text);
  const places = placesIn(text);
  const isBroken = !loaded.ok && loaded.faults.some(({ key }) => key === '');
  const whole = (loaded.ok ? loaded.config : loaded.sound?.config)?.control.socket;
  if (places === null || isBroken || whole === undefined) return;
  const quickly = statePlaces(places, FILE, ENVIRONMENT).socket;
  demand(quickly === whole, 'the socket is that of the whole file', { quickly, whole });
}

function demand(holds: boolean, promise: string, got: unknown): void {
  if (!holds) throw new Error(`broken: ${promise}; got ${JSON.stringify(got)}`);
}
