/** A real HAProxy with its own defaults of strictness: started on a free port, stopped by its pid. */
import { runListening, type ListeningProgram } from './listening-program.ts';

/** On 127.0.0.1. */
export type Haproxy = ListeningProgram;

/** As forwarder to one origin. */
export async function startHaproxy(originPort: number): Promise<Haproxy> {
  return await runHaproxy((port) => forwarder(port, originPort));
}

export async function runHaproxy(configuration: (port: number) => string): Promise<Haproxy> {
  return await runListening({ name: 'haproxy', configuration, args: (file) => ['-db', '-f', file] });
}

function forwarder(port: number, originPort: number): string {
  return `
global
  nbthread 1
  maxconn 1000
defaults
  mode http
  timeout connect 60s
  timeout client 3s
  timeout http-request 3s
  timeout server 10s
frontend clients
  bind 127.0.0.1:${port}
  default_backend origin
backend origin
  server origin 127.0.0.1:${originPort}
`;
}
