/** Servers of messages and calls: chat, queues, telephony. */
import { SUM, type Server } from './protocol.ts';

export const irc: Server = {
  programs: ['ngircd', 'sic'],
  prepare: String.raw`
    printf '[Global]\nName = irc.example\nInfo = x\nListen = 0.0.0.0\nPorts = 2667\nServerUID = nobody\n[Options]\nDNS = no\nIdent = no\nPAM = no\n[Limits]\nMaxConnectionsIP = 0\n' >ngircd.conf`,
  run: 'exec ngircd -n -f $PWD/ngircd.conf',
  dialogues: [
    {
      name: 'IRC (sic)',
      port: 2667,
      // It reads a line at a time, and until the server has closed, an error to it; each line that it prints bears the time, some a count of the server's.
      // What it says itself it prints at once, so nothing is said before the answer to what was said before.
      client: String.raw`mkfifo in; exec 3<>in
        said() { until grep -q "$1" out; do sleep 0.05; done; }
        touch out
        { said ' 376 '; echo ':j #room' >&3; said ' 366 '; echo ':m #room see http://listed.example/page' >&3; said '<nobody> see'; echo :QUIT >&3; } &
        stdbuf -oL sic -h $HOST -p $PORT -n nobody <in >out 2>&1 || :
        kill $! 2>/dev/null || :
        cat out | sed -E 's|: [0-9/]+ [0-9:]+|:|; /(Highest|Current|There are)/d'`,
    },
  ],
};

export const mqtt: Server = {
  programs: ['mosquitto', 'mosquitto_pub', 'mosquitto_sub'],
  prepare: String.raw`printf 'listener 2883 0.0.0.0\nallow_anonymous true\nuser root\n' >mosquitto.conf`,
  run: 'exec mosquitto -c mosquitto.conf',
  dialogues: [
    {
      name: 'MQTT',
      port: 2883,
      client: `mosquitto_pub -h $HOST -p $PORT -i p -q 1 -r -t a/b -f $DATA; mosquitto_sub -h $HOST -p $PORT -i s -t a/b -C 1 -N | ${SUM}`,
    },
  ],
};

export const beanstalk: Server = {
  programs: ['beanstalkd', 'nc.openbsd'],
  run: 'exec beanstalkd -l 0.0.0.0 -p 2300',
  dialogues: [
    {
      name: 'beanstalkd',
      port: 2300,
      client: String.raw`printf 'use other\r\nput 0 0 60 5\r\nhello\r\nwatch other\r\nreserve\r\nquit\r\n' | nc.openbsd -w 20 $HOST $PORT | sed -E 's/(INSERTED|RESERVED) [0-9]+/\1/'`,
    },
  ],
};

export const gearman: Server = {
  programs: ['gearmand', 'gearman'],
  run: 'exec gearmand -L 0.0.0.0 -p 2730 --log-file=stderr',
  dialogues: [
    {
      name: 'Gearman',
      port: 2730,
      client: `gearman -h $HOST -p $PORT -w -c 1 -f sum -- ${SUM} & gearman -h $HOST -p $PORT -f sum <$DATA; wait`,
    },
  ],
};

export const sip: Server = {
  programs: ['sipp'],
  run: 'exec sipp -sn uas -t t1 -p 2560 -i 0.0.0.0 -nostdin >/dev/null',
  dialogues: [
    {
      name: 'SIP, a call',
      port: 2560,
      client: `sipp -sn uac -t t1 -m 1 -d 0 -i 192.0.2.10 -nostdin -timeout 60 $HOST:$PORT 2>&1 | grep -aE 'Successful call|Failed call' | tail -n 2 | tr -s ' '`,
    },
  ],
};

export const xmpp: Server = {
  programs: ['prosody', 'prosodyctl', 'sendxmpp'],
  prepare: `
    mkdir data certificates
    cp $TLS/server.key .
    chown -R prosody .
    cat >prosody.cfg.lua <<-end
	pidfile = "$PWD/pid"
	data_path = "$PWD/data"
	log = { warn = "*console" }
	modules_enabled = { "roster", "saslauth", "tls", "offline" }
	authentication = "internal_plain"
	c2s_ports = { 2522 }
	c2s_direct_tls_ports = {}
	s2s_ports = {}
	http_ports = {}
	https_ports = {}
	c2s_require_encryption = false
	allow_unencrypted_plain_auth = true
	limits = {}
	ssl = { certificate = "$TLS/server.pem", key = "$PWD/server.key" }
	VirtualHost "a.example"
	end
    prosodyctl --config $PWD/prosody.cfg.lua register user a.example secret >/dev/null`,
  run: 'exec setpriv --reuid=prosody --regid=prosody --clear-groups prosody -F --config $PWD/prosody.cfg.lua',
  dialogues: [
    ['XMPP', ''],
    ['XMPP, STARTTLS', '-t -n'],
  ].map(([name = '', how = '']) => ({
    name,
    port: 2522,
    client: `echo 'see http://listed.example/page' | HOME=$PWD sendxmpp -u user -p secret -j $HOST:$PORT -o a.example ${how} user@a.example 2>/dev/null`,
  })),
};

export const syslog: Server = {
  programs: ['rsyslogd', 'logger'],
  prepare: String.raw`
    printf 'module(load="imtcp")\ninput(type="imtcp" port="2514")\ntemplate(name="raw" type="string" string="%%rawmsg%%\\n")\naction(type="omfile" file="%s/log" template="raw")\n' $PWD >rsyslog.conf
    touch log`,
  run: 'exec rsyslogd -n -f $PWD/rsyslog.conf -i $PWD/pid',
  // With counts it is text, in one line that only the end of the connection ends: who is named there is judged.
  dialogues: [
    ['--rfc5424', 'http://listed.example/page'],
    ['--rfc3164', 'http://listed.example/page'],
    ['--octet-count', 'http://other.example/page'],
  ].map(([how = '', named = '']) => ({
    name: `syslog (${how})`,
    port: 2514,
    client: `for i in 1 2 3; do echo "$RUN see ${named}"; done | logger -T -n $HOST -P $PORT ${how} -t x
      until [ "$(grep -c "$RUN" $SERVER/log)" -ge 3 ]; do sleep 0.05; done; grep -o "$RUN .*" $SERVER/log | sed s/$RUN//`,
  })),
};
