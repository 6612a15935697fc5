/** The origin: nginx with one worker on the core of the load, at port 80 and, with TLS, at 443. It logs nothing and answers from memory. */
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { CERTIFICATE, PRIVATE_KEY } from '../../test/support/localhost-certificate.ts';
import { LOAD_CORE } from '../load/cores.ts';
import { BULK_BYTES, SMALL_BODY } from '../load/origin.ts';
import { startPinned, type RunningProcess } from '../load/processes.ts';
import { findProgram } from '../load/programs.ts';
import type { Workspace } from '../load/workspace.ts';
import { ORIGIN, type ThreeMachines } from './three-machines.ts';
import { untilListeningIn } from './peers.ts';

export async function startOrigin(machines: ThreeMachines, workspace: Workspace): Promise<RunningProcess> {
  workspace.write('certificate.pem', CERTIFICATE);
  workspace.write('key.pem', PRIVATE_KEY);
  workspace.folder('www');
  const bulk = openSync(workspace.path('www/bulk'), 'w');
  ftruncateSync(bulk, BULK_BYTES);
  closeSync(bulk);
  const file = workspace.write('origin.conf', configuration(workspace));
  const running = startPinned({
    name: 'the origin',
    cores: [LOAD_CORE],
    command: [...machines.origin.under, findProgram('nginx')!, '-p', workspace.root, '-e', 'stderr', '-c', file],
    logFile: workspace.path('origin.log'),
  });
  await untilListeningIn(machines.origin, running, 443);
  return running;
}

function configuration(workspace: Workspace): string {
  return `
daemon off;
worker_processes 1;
pid ${workspace.path('origin.pid')};
error_log stderr crit;
events { worker_connections 16384; multi_accept on; }
http {
  access_log off;
  default_type application/octet-stream;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  open_file_cache max=16;
  ssl_certificate ${workspace.path('certificate.pem')};
  ssl_certificate_key ${workspace.path('key.pem')};
  client_body_temp_path ${workspace.folder('origin-body')};
  proxy_temp_path ${workspace.folder('origin-proxy')};
  fastcgi_temp_path ${workspace.folder('origin-fastcgi')};
  uwsgi_temp_path ${workspace.folder('origin-uwsgi')};
  scgi_temp_path ${workspace.folder('origin-scgi')};
  server {
    listen ${ORIGIN}:80 backlog=4096;
    listen ${ORIGIN}:443 ssl backlog=4096;
    root ${workspace.path('www')};
    location / { return 200 '${SMALL_BODY}'; }
    location = /bulk { }
  }
}
`;
}
