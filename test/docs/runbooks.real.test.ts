/** Whoever follows docs/runbooks.md after a theft, a loss or a mistake comes out where it says, with a real publisher and a node that runs. */
import { followDocument } from './follow.ts';
import { fastForward, stolenHost } from './incidents.ts';

followDocument('docs/runbooks.md', ['curl', 'age'], {
  folders: ['/srv/lists', '/media/keys', '/etc/cleanfeed', '/var/lib/cleanfeed'],
  incidents: { 'fast-forward': fastForward, 'stolen-host': stolenHost },
});
