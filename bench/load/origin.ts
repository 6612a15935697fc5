/**
 * The origin: nginx, one worker, on every loopback address (the suspect scene fetches from 2,000 of them), on the core of
 * the load generator. It logs nothing and answers from memory and page cache, so that the proxy is what is measured.
 */
import { closeSync, openSync, ftruncateSync, writeSync } from 'node:fs';
import { seededInteger, seededRandom } from '../data/seeded-random.ts';
import { startPinned, untilListening, type RunningProcess } from './processes.ts';
import { freePort } from './ports.ts';
import type { Workspace } from './workspace.ts';

export const SMALL_BODY = `${'The quick brown fox jumps over the lazy dog. '.repeat(3).slice(0, 99)}\n`;
export const MEDIUM_BYTES = 16 * 1024;
export const BULK_BYTES = 100_000_000;
export const HUGE_BYTES = 1_000_000_000;
const BLOCK_BYTES = 1_000_000;

export interface Origin {
  readonly port: number;
  readonly mediumBody: Buffer;
  /** Repeated 100 times it is the bulk body. */
  readonly bulkBlock: Buffer;
  readonly process: RunningProcess;
}

export async function startOrigin(nginx: string, core: number, workspace: Workspace): Promise<Origin> {
  const port = await freePort();
  const mediumBody = noise(MEDIUM_BYTES, 16);
  const bulkBlock = noise(BLOCK_BYTES, 100);
  workspace.folder('www');
  workspace.write('www/medium', mediumBody);
  writeBulk(workspace.path('www/bulk'), bulkBlock);
  writeHuge(workspace.path('www/huge'));
  const file = workspace.write('origin.conf', configuration(port, workspace));
  const command = [nginx, '-p', workspace.root, '-e', 'stderr', '-c', file];
  const running = startPinned({ name: 'the origin', cores: [core], command, logFile: workspace.path('origin.log') });
  await untilListening(running, port);
  return { port, mediumBody, bulkBlock, process: running };
}

function configuration(port: number, workspace: Workspace): string {
  return `
daemon off;
worker_processes 1;
pid ${workspace.path('origin.pid')};
error_log stderr crit;
events { worker_connections 16384; multi_accept on; }
http {
  access_log off;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  # Tunnels that were opened and never used.
  client_header_timeout 600s;
  open_file_cache max=16;
  client_body_temp_path ${workspace.folder('origin-body')};
  proxy_temp_path ${workspace.folder('origin-proxy')};
  fastcgi_temp_path ${workspace.folder('origin-fastcgi')};
  uwsgi_temp_path ${workspace.folder('origin-uwsgi')};
  scgi_temp_path ${workspace.folder('origin-scgi')};
  upstream answers {
    server unix:${workspace.path('origin.sock')};
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen unix:${workspace.path('origin.sock')};
    location / { return 200 '${SMALL_BODY}'; }
  }
  server {
    listen 0.0.0.0:${port} backlog=4096;
    root ${workspace.path('www')};
    # Connections it has accepted.
    location = /status { stub_status; }
    location = /small { return 200 '${SMALL_BODY}'; }
    # The address the request came to: proof that a proxy connects to where it was asked to.
    location / { add_header X-Origin-Address $server_addr; return 200 '${SMALL_BODY}'; }
    # Read to its end before it is answered: a mere return would answer while the body is still coming.
    location = /upload {
      client_max_body_size 1m;
      client_body_buffer_size 64k;
      add_header X-Request-Bytes $request_length;
      proxy_pass http://answers;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_method GET;
    }
    location = /medium { }
    location = /bulk { }
    location = /huge { }
  }
}
`;
}

function noise(bytes: number, seed: number): Buffer {
  const random = seededRandom(seed);
  return Buffer.from(Array.from({ length: bytes }, () => seededInteger(random, 256)));
}

function writeBulk(path: string, block: Buffer): void {
  const file = openSync(path, 'w');
  for (let written = 0; written < BULK_BYTES; written += block.length) writeSync(file, block);
  closeSync(file);
}

/** Sparse: a gigabyte of zeros that takes no disk. */
function writeHuge(path: string): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, HUGE_BYTES);
  closeSync(file);
}
