/** A certificate for one name, signed by itself: `certificate.pem` and `certificate.key` in a folder. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { programPath } from '../../support/program-path.ts';

export function certificate(folder: string, name: string): void {
  const files = ['-keyout', join(folder, 'certificate.key'), '-out', join(folder, 'certificate.pem')];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync(programPath('openssl') ?? 'openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'pipe' });
}
