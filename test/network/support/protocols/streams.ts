/** Long streams, and tunnels: measurements that go one way, files of many peers, a proxy, a virtual network. */
import { SUM, type Server } from './protocol.ts';

export const graphite: Server = {
  programs: ['ncat', 'nc.openbsd'],
  prepare: 'mkdir done',
  run: `exec ncat -lk 2003 --sh-exec 'file=$(mktemp -p .); cat >$file; mv $file done/$(head -n 1 $file)'`,
  dialogues: [
    {
      name: 'Graphite, 13 s',
      port: 2003,
      isLong: true,
      // Each piece ends inside of a line, and all take longer than timeouts.header.
      client: String.raw`{ echo $RUN; for i in {1..26}; do printf 'load %d 1700000000\nservers.web.cpu' $i; sleep 0.5; printf ' %d 1700000000\nservers.web.' $i; done; echo end 1 1; } | nc.openbsd -N $HOST $PORT
        until [ -e $SERVER/done/$RUN ]; do sleep 0.1; done; tail -n +2 $SERVER/done/$RUN | ${SUM}`,
    },
  ],
};

export const iperf: Server = {
  programs: ['iperf3'],
  run: 'exec iperf3 -s -p 2201',
  dialogues: [
    {
      name: 'iperf3',
      port: 2201,
      client: `iperf3 -c $HOST -p $PORT -k 8 -l 128K -J >told; tr -d '\\n\\t ' <told | grep -oE '"sum_sent":\\{[^}]*' | grep -oE '"bytes":[0-9]+'`,
    },
  ],
};

export const socks: Server = {
  programs: ['microsocks', 'ncat', 'curl'],
  run: `ncat -lk 2081 --sh-exec "read -r line; cat $DATA" & exec microsocks -p 2080`,
  dialogues: [
    {
      name: 'SOCKS',
      port: 2080,
      client: `curl -qsS --socks5-hostname $HOST:$PORT gopher://127.0.0.1:2081/9x | ${SUM}`,
    },
  ],
};

const TORRENT = 2681;
/** Tells each peer of the one at `$HOST:$PORT`, which are in the path that is asked for. */
const TRACKER = String.raw`
const { createServer } = require('node:http');
createServer(({ url }, response) => {
  const [, host, port] = url.split('/');
  const number = parseInt(port, 10);
  const peer = Buffer.from([...host.split('.').map(Number), number >> 8, number & 255]);
  response.end(Buffer.concat([Buffer.from('d8:intervali60e5:peers6:'), peer, Buffer.from('e')]));
}).listen(${TORRENT + 1});`;
const NO_OTHERS =
  '--no-conf --enable-dht=false --enable-dht6=false --bt-enable-lpd=false --enable-peer-exchange=false -q';
const LEECH = String.raw`tracker=http://203.0.113.10:${TORRENT + 1}/$HOST/$PORT
  { printf 'd8:announce%d:%s4:info' $(printf %s $tracker | wc -c) $tracker; cat $SERVER/info; printf e; } >own.torrent`;

export const bittorrent: Server = {
  programs: ['aria2c', 'node'],
  prepare: String.raw`
    cp $DATA file
    { printf 'd6:lengthi%de4:name4:file12:piece lengthi524288e6:pieces20:' $(stat -c %s file)
      openssl dgst -sha1 -binary file
      printf e; } >info
    { printf 'd4:info'; cat info; printf e; } >seed.torrent`,
  run: `node -e "$(cat <<'end'
${TRACKER}
end
)" & exec aria2c ${NO_OTHERS} --listen-port=${TORRENT} --seed-ratio=0.0 -V --dir=. seed.torrent`,
  dialogues: [
    ['BitTorrent', '--bt-require-crypto=false --bt-min-crypto-level=plain'],
    ['BitTorrent, encrypted', '--bt-require-crypto=true --bt-min-crypto-level=arc4'],
  ].map(([name = '', how = '']) => ({
    name,
    port: TORRENT,
    mayMeet: true,
    client: `${LEECH}; aria2c ${NO_OTHERS} ${how} --seed-time=0 own.torrent; ${SUM} file`,
  })),
};

export const openvpn: Server = {
  programs: ['openvpn'],
  run: `exec openvpn --dev tun --mode server --tls-server --topology subnet --ifconfig 198.18.9.1 255.255.255.0 --ifconfig-pool 198.18.9.2 198.18.9.250 --proto tcp-server --port 2194 \\
    --ca $TLS/authority.pem --cert $TLS/server.pem --key $TLS/server.key --dh none --duplicate-cn --keepalive 10 60 --verify-client-cert none --username-as-common-name --auth-user-pass-verify /bin/true via-file --script-security 2`,
  dialogues: [
    {
      name: 'OpenVPN',
      port: 2194,
      client: String.raw`printf 'user\nsecret\n' >who; touch log; openvpn --dev null --client --ifconfig-noexec --route-noexec --proto tcp-client --remote $HOST $PORT --ca $TLS/authority.pem --auth-user-pass who --connect-retry-max 1 --nobind >>log & own=$!
        until grep -q 'Initialization Sequence Completed' log || ! kill -0 $own 2>/dev/null; do sleep 0.05; done; kill $own; wait $own || :; grep -o 'Initialization Sequence Completed' log`,
    },
  ],
};
