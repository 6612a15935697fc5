/** Every scene, in the order they are run. */
import { bulk } from './bulk.ts';
import { connection } from './connection.ts';
import { medium, small } from './keep-alive.ts';
import type { Scene } from './scene.ts';
import { stalled } from './stalled.ts';
import { suspect } from './suspect.ts';

export const SCENES: readonly Scene[] = [small, medium, connection, suspect, bulk, stalled];
