/** Databases, in cleartext and with TLS, which some begin within their own protocol. */
import { SUM, type Server } from './protocol.ts';

const REDIS_TLS = 2380;
const BULK = "repeat('x', 300000)";
const POSTGRES = 'setpriv --reuid=postgres --regid=postgres --clear-groups /usr/lib/postgresql/17/bin';

export const memcached: Server = {
  programs: ['memcached', 'memccp', 'memccat'],
  run: 'exec memcached -u nobody -l 0.0.0.0 -p 2211 -U 0',
  dialogues: ['', '--binary'].map((how) => ({
    name: how === '' ? 'memcached' : 'memcached, binary',
    port: 2211,
    client: `memccp ${how} --servers=$HOST:$PORT $DATA; memccat ${how} --servers=$HOST:$PORT $(basename $DATA) | ${SUM}`,
  })),
};

export const redis: Server = {
  programs: ['redis-server', 'redis-cli', 'nc.openbsd'],
  run: `exec redis-server --port 2379 --tls-port ${REDIS_TLS} --tls-cert-file $TLS/server.pem --tls-key-file $TLS/server.key --tls-ca-cert-file $TLS/authority.pem --tls-auth-clients no --protected-mode no --save '' --dir $PWD`,
  dialogues: [
    {
      name: 'Redis',
      port: 2379,
      client: `redis-cli -h $HOST -p $PORT -x set key <$DATA; redis-cli -h $HOST -p $PORT get key | ${SUM}`,
    },
    {
      name: 'Redis, inline',
      port: 2379,
      client: String.raw`printf 'SET other text\r\nEXISTS other\r\nQUIT\r\n' | nc.openbsd -w 20 $HOST $PORT`,
    },
    {
      name: 'Redis, TLS',
      port: REDIS_TLS,
      client: `redis-cli --tls --cacert $TLS/authority.pem -h $HOST -p $PORT -x set tls <$DATA`,
    },
  ],
};

export const mariadb: Server = {
  programs: ['mariadbd', 'mariadb-install-db', 'mariadb'],
  prepare: `
    chown nobody .
    cp $TLS/server.key .
    chown nobody server.key
    mariadb-install-db --no-defaults --user=nobody --datadir=$PWD/data --skip-test-db >/dev/null`,
  run: `exec mariadbd --no-defaults --user=nobody --datadir=$PWD/data --socket=$PWD/socket --pid-file=$PWD/pid --port=2306 --bind-address=0.0.0.0 \\
    --skip-grant-tables --skip-name-resolve --innodb-buffer-pool-size=16M --ssl-ca=$TLS/authority.pem --ssl-cert=$TLS/server.pem --ssl-key=$PWD/server.key`,
  dialogues: [
    {
      name: 'MariaDB',
      port: 2306,
      client: `mariadb --no-defaults -h $HOST -P $PORT -u root --skip-ssl -N -e "select ${BULK}" | ${SUM}`,
    },
    {
      name: 'MariaDB, TLS',
      port: 2306,
      // To what is no TLS the server answers in TLS.
      refused: { ports: [443], counts: 'cleanfeed_not_http_answered_total{listener="inline"}' },
      client: `mariadb --no-defaults -h $HOST -P $PORT -u root --ssl-ca=$TLS/authority.pem --ssl-verify-server-cert -N -e "show status like 'Ssl_version'; select ${BULK}" | ${SUM}`,
    },
  ],
};

export const postgres: Server = {
  programs: ['/usr/lib/postgresql/17/bin/postgres', 'psql', 'setpriv'],
  prepare: `
    chown postgres .
    cp $TLS/server.key .
    chown postgres server.key
    ${POSTGRES}/initdb -D data -A trust -E UTF8 --locale=C -N >/dev/null
    echo 'host all all 0.0.0.0/0 trust' >>data/pg_hba.conf`,
  run: `exec ${POSTGRES}/postgres -D data -p 2432 -k $PWD -c listen_addresses='*' -c fsync=off -c shared_buffers=16MB -c ssl=on -c ssl_cert_file=$TLS/server.pem -c ssl_key_file=$PWD/server.key`,
  dialogues: [
    ['PostgreSQL', 'sslmode=disable'],
    ['PostgreSQL, TLS', 'sslmode=verify-full sslrootcert=$TLS/authority.pem'],
    ['PostgreSQL, TLS at once', 'sslmode=verify-full sslnegotiation=direct sslrootcert=$TLS/authority.pem'],
  ].map(([name = '', how = '']) => ({
    name,
    port: 2432,
    client: `psql -X "host=$HOST port=$PORT user=postgres ${how}" -Atc "select ${BULK}" | ${SUM}`,
  })),
};

export const ldap: Server = {
  programs: ['slapd', 'slapadd', 'ldapsearch'],
  prepare: String.raw`
    mkdir db
    cat >slapd.conf <<-end
	include /etc/ldap/schema/core.schema
	modulepath /usr/lib/ldap
	moduleload back_mdb
	TLSCACertificateFile $TLS/authority.pem
	TLSCertificateFile $TLS/server.pem
	TLSCertificateKeyFile $TLS/server.key
	database mdb
	suffix "dc=example"
	directory $PWD/db
	end
    { printf 'dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n\n'
      for i in {1..300}; do printf 'dn: cn=%d,dc=example\nobjectClass: organizationalRole\ncn: %d\ndescription: http://listed.example/page\n\n' $i $i; done; } >all.ldif
    slapadd -q -f slapd.conf -l all.ldif 2>/dev/null`,
  run: 'exec slapd -d 0 -h ldap://0.0.0.0:2389 -f slapd.conf',
  dialogues: [
    ['LDAP', ''],
    ['LDAP, StartTLS', '-ZZ'],
  ].map(([name = '', how = '']) => ({
    name,
    port: 2389,
    client: `LDAPTLS_CACERT=$TLS/authority.pem ldapsearch -x -LLL ${how} -H ldap://$HOST:$PORT -b dc=example | ${SUM}`,
  })),
};
