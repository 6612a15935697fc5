/**
 * Of the Prometheus client what we use, by the files of the package: its main file loads an HTTPS client, the cluster and more, too, which is 20 ms of CPU
 * at each start. It must not add anything to it.
 */
import { createRequire } from 'node:module';
import type * as Client from 'prom-client';

const require = createRequire(import.meta.url);

export const Counter: typeof Client.Counter = require('prom-client/lib/counter');
export type Counter = Client.Counter;
export const Gauge: typeof Client.Gauge = require('prom-client/lib/gauge');
export type Gauge = Client.Gauge;
export const Histogram: typeof Client.Histogram = require('prom-client/lib/histogram');
export type Histogram<Label extends string> = Client.Histogram<Label>;
export const Registry: typeof Client.Registry = require('prom-client/lib/registry');
export type Registry = Client.Registry;
