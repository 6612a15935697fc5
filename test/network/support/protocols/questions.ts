/** Servers that answer a question in a line or two, and one that is asked to compile. */
import { unboundServer } from '../../../support/unbound.ts';
import { SUM, type Server } from './protocol.ts';

export const whois: Server = {
  programs: ['whois', 'ncat'],
  run: String.raw`exec ncat -lk 2043 --sh-exec 'read -r name; printf "domain: %s\r\n" "$name"'`,
  dialogues: [{ name: 'whois', port: 2043, client: 'whois -h $HOST -p $PORT example.org' }],
};

export const dns: Server = {
  programs: ['unbound', 'dig'],
  prepare: `
    cat >unbound.conf <<-end
${unboundServer('$PWD')}
	  interface: 0.0.0.0@2053
	  access-control: 0.0.0.0/0 allow
	  local-zone: "example." redirect
	  local-data: "example. 60 IN A 203.0.113.10"
	remote-control:
	  control-enable: no
	end`,
  run: 'exec unbound -d -c unbound.conf',
  dialogues: [{ name: 'DNS', port: 2053, client: 'dig +tcp +noall +answer -p $PORT @$HOST a.example' }],
};

export const distcc: Server = {
  programs: ['distccd', 'distcc', 'gcc'],
  prepare: 'chmod 777 .',
  run: 'exec distccd --daemon --no-detach --enable-tcp-insecure --allow 192.0.2.0/24 --allow 198.51.100.0/24 -p 2632 --log-stderr -N 0',
  dialogues: [
    {
      name: 'distcc',
      port: 2632,
      client: `echo 'int x(void) { return 1; }' >x.c; HOME=$PWD DISTCC_FALLBACK=0 DISTCC_HOSTS=$HOST:$PORT distcc gcc -g0 -c x.c -o x.o; ${SUM} x.o`,
    },
  ],
};
