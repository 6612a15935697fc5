/** OpenSMTPD and Dovecot, in cleartext and with STARTTLS: the server speaks first. A mail holds what looks like a request for a listed page. */
import type { Server } from './protocol.ts';

const MESSAGE = String.raw`printf 'Subject: x\r\n\r\nGET /page HTTP/1.1\r\nHost: listed.example\r\n\r\nx\r\n' >message`;
const SMTP = 2025;
const IMAP = 2143;
const POP3 = 2110;

export const smtp: Server = {
  programs: ['smtpd', 'msmtp', 'swaks', 'curl', 'unshare'],
  prepare: `
    cat >smtpd.conf <<-end
	pki mail cert "$TLS/server.pem"
	pki mail key "$TLS/server.key"
	table all { "@" = nobody }
	listen on 0.0.0.0 port ${SMTP} tls pki mail hostname mail.example
	action keep mda "cat >/dev/null" virtual <all>
	match from any for domain "mail.example" action keep
	end`,
  // Its spool has one place only.
  run: 'mount -t tmpfs none /var/spool; mkdir -m 711 /var/spool/smtpd; mount -t tmpfs none /run; exec /usr/sbin/smtpd -d -f smtpd.conf',
  dialogues: [
    {
      name: 'SMTP (msmtp)',
      port: SMTP,
      client: `${MESSAGE}; msmtp --host=$HOST --port=$PORT --from=a@client.example --tls=off --auth=off --domain=client.example b@mail.example <message`,
    },
    {
      name: 'SMTP (curl)',
      port: SMTP,
      client: `${MESSAGE}; curl -qsS -w '%{response_code} %{size_upload}' --mail-from a@client.example --mail-rcpt b@mail.example -T message smtp://$HOST:$PORT/client.example`,
    },
    {
      name: 'SMTP, STARTTLS (swaks)',
      port: SMTP,
      client: `swaks --server $HOST --port $PORT --helo client.example --from a@client.example --to b@mail.example -tls --body 'GET /page' | grep '^ *<' | sed 's/[0-9a-f]\\{8\\}/ID/'`,
    },
  ],
};

export const dovecot: Server = {
  programs: ['/usr/lib/dovecot/imap-login', '/usr/lib/dovecot/pop3-login', 'dovecot', 'curl'],
  prepare: `
    mkdir -p mail/user/{cur,new,tmp} run
    ${MESSAGE}
    mv message mail/user/cur/1.1.a:2,S
    chown -R mail:mail mail
    cat >dovecot.conf <<-end
	dovecot_config_version = 2.4.0
	dovecot_storage_version = 2.4.0
	base_dir = $PWD/run
	state_dir = $PWD/run
	log_path = /dev/stderr
	protocols = imap pop3
	listen = *
	ssl = yes
	ssl_server_cert_file = $TLS/server.pem
	ssl_server_key_file = $TLS/server.key
	auth_allow_cleartext = yes
	mail_driver = maildir
	mail_path = $PWD/mail/user
	first_valid_uid = 1
	passdb static {
	  password = secret
	}
	userdb static {
	  fields {
	    uid = mail
	    gid = mail
	    home = $PWD/mail
	  }
	}
	service imap-login {
	  inet_listener imap {
	    port = ${IMAP}
	  }
	  inet_listener imaps {
	    port = 0
	  }
	}
	service pop3-login {
	  inet_listener pop3 {
	    port = ${POP3}
	  }
	  inet_listener pop3s {
	    port = 0
	  }
	}
	end`,
  run: 'exec dovecot -F -c $PWD/dovecot.conf',
  dialogues: [
    ['IMAP', IMAP, 'imap', '/INBOX;MAILINDEX=1', ''],
    ['IMAP, STARTTLS', IMAP, 'imap', '/INBOX;MAILINDEX=1', '--ssl-reqd --cacert $TLS/authority.pem'],
    ['POP3', POP3, 'pop3', '/1', ''],
    ['POP3, STLS', POP3, 'pop3', '/1', '--ssl-reqd --cacert $TLS/authority.pem'],
  ].map(([name, port, scheme, path, options]) => ({
    name: String(name),
    port: Number(port),
    client: `curl -qsS ${options} -u user:secret '${scheme}://'$HOST:$PORT'${path}'`,
  })),
};
