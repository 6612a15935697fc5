/** A certificate authority of a test's own, made with openssl: a server's certificate for localhost, and one for each client. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Issued {
  /** Paths of PEM files; the key's mode is 0600. */
  readonly certificate: string;
  readonly key: string;
}

export class OwnAuthority {
  readonly #folder: string;
  readonly #own: Issued;

  /** @param folder of the test's own. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#own = this.#paths('authority');
    const { certificate, key } = this.#own;
    this.#openssl('req', '-x509', ...NEW_KEY, key, '-out', certificate, '-days', '2', '-subj', '/CN=authority.test');
  }

  get certificate(): string {
    return this.#own.certificate;
  }

  /** @param names of the server, as openssl spells them */
  issue(name: string, names = 'DNS:localhost,IP:127.0.0.1'): Issued {
    const issued = this.#paths(name);
    const [request, extensions] = [join(this.#folder, `${name}.csr`), join(this.#folder, `${name}.ext`)];
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    this.#openssl('req', ...NEW_KEY, issued.key, '-out', request, '-subj', `/CN=${name}`);
    const by = ['-CA', this.#own.certificate, '-CAkey', this.#own.key, '-CAcreateserial', '-days', '2'];
    this.#openssl('x509', '-req', '-in', request, '-out', issued.certificate, '-extfile', extensions, ...by);
    return issued;
  }

  /** PEM texts. */
  texts(issued: Issued): { readonly certificate: string; readonly key: string } {
    return { certificate: readFileSync(issued.certificate, 'utf8'), key: readFileSync(issued.key, 'utf8') };
  }

  #paths(name: string): Issued {
    return { certificate: join(this.#folder, `${name}.pem`), key: join(this.#folder, `${name}.key`) };
  }

  #openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.#folder, stdio: 'pipe' });
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];
