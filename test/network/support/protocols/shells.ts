/** OpenSSH's server, with its own clients and Dropbear's, which does not wait for the server's first line. */
import { SUM, type Server } from './protocol.ts';

const OPTIONS =
  '-F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR';
const PORT = 2022;

export const ssh: Server = {
  programs: ['ssh', 'sftp', 'sshd', 'dbclient'],
  prepare: `
    for key in host user; do ssh-keygen -q -t ed25519 -N '' -f $key; done
    dropbearkey -t ed25519 -f dropbear >told 2>/dev/null
    { cat user.pub; grep ^ssh- told; } >authorized
    mkdir -p /run/sshd
    cat >sshd.conf <<-end
	Port ${PORT}
	HostKey $PWD/host
	PidFile none
	AuthorizedKeysFile $PWD/authorized
	StrictModes no
	PermitRootLogin yes
	UsePAM no
	Subsystem sftp internal-sftp
	end`,
  run: 'exec /usr/sbin/sshd -D -e -f sshd.conf',
  dialogues: [
    {
      name: 'SSH (OpenSSH)',
      port: PORT,
      client: `ssh ${OPTIONS} -i $SERVER/user -p $PORT root@$HOST "cat $DATA" | ${SUM}`,
    },
    {
      name: 'SSH (Dropbear)',
      port: PORT,
      client: `HOME=$PWD dbclient -y -y -i $SERVER/dropbear -p $PORT root@$HOST "cat $DATA" 2>/dev/null | ${SUM}`,
    },
    {
      name: 'SFTP',
      port: PORT,
      client: `sftp -q ${OPTIONS} -i $SERVER/user -P $PORT -b - root@$HOST <<<"get $DATA got" >/dev/null; ${SUM} got`,
    },
  ],
};
