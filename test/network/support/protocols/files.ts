/** Servers of files, each with its own client. */
import { SUM, type Server } from './protocol.ts';

const FTP = 2121;

export const ftp: Server = {
  programs: ['vsftpd', 'curl'],
  prepare: `
    mkdir root empty
    cp $DATA root/file
    chmod 555 root
    cat >vsftpd.conf <<-end
	listen=YES
	listen_port=${FTP}
	background=NO
	anonymous_enable=YES
	local_enable=NO
	anon_root=$PWD/root
	secure_chroot_dir=$PWD/empty
	connect_from_port_20=NO
	ssl_enable=YES
	allow_anon_ssl=YES
	require_ssl_reuse=NO
	rsa_cert_file=$TLS/server.pem
	rsa_private_key_file=$TLS/server.key
	end`,
  run: 'exec vsftpd $PWD/vsftpd.conf',
  dialogues: [
    { name: 'FTP', port: FTP, client: `curl -qsS ftp://$HOST:$PORT/file | ${SUM}` },
    { name: 'FTP, active', port: FTP, client: `curl -qsS -P - ftp://$HOST:$PORT/file | ${SUM}` },
    {
      name: 'FTP, AUTH TLS',
      port: FTP,
      client: `curl -qsS --ssl-reqd --cacert $TLS/authority.pem ftp://$HOST:$PORT/file | ${SUM}`,
    },
  ],
};

export const rsync: Server = {
  programs: ['rsync'],
  prepare: String.raw`
    mkdir root
    cp $DATA root/file
    printf 'use chroot = no\nuid = root\ngid = root\nlog file = %s/log\n[data]\npath = %s/root\n' $PWD $PWD >rsyncd.conf`,
  run: 'exec rsync --daemon --no-detach --config=rsyncd.conf --port=2873',
  dialogues: [
    { name: 'rsync', port: 2873, client: `rsync -q rsync://$HOST:$PORT/data/file got; ${SUM} got` },
    { name: 'rsync, a list', port: 2873, client: `rsync rsync://$HOST:$PORT/` },
  ],
};

export const git: Server = {
  programs: ['git', '/usr/lib/git-core/git-daemon'],
  prepare: `
    git init -q project
    cp $DATA project/file
    git -C project add file
    git -C project -c user.name=a -c user.email=a@example commit -q -m x`,
  run: 'exec /usr/lib/git-core/git-daemon --reuseaddr --base-path=$PWD --export-all --port=2418 --listen=0.0.0.0',
  dialogues: [
    { name: 'git', port: 2418, client: `git clone -q git://$HOST:$PORT/project got; ${SUM} got/file` },
    {
      name: 'git, its first version',
      port: 2418,
      client: `git -c protocol.version=0 ls-remote git://$HOST:$PORT/project`,
    },
  ],
};

export const subversion: Server = {
  programs: ['svn', 'svnserve', 'svnadmin'],
  prepare: `
    svnadmin create project
    svn import -q -m x $DATA file://$PWD/project/file`,
  run: 'exec svnserve -d --foreground -r $PWD --listen-host 0.0.0.0 --listen-port 2690',
  dialogues: [
    {
      name: 'Subversion',
      port: 2690,
      client: `svn export -q --non-interactive svn://$HOST:$PORT/project/file got; ${SUM} got`,
    },
  ],
};

export const cvs: Server = {
  programs: ['cvs', 'ncat'],
  prepare: `
    cvs -d $PWD/root init
    echo 'SystemAuth=no' >>root/CVSROOT/config
    echo 'reader::nobody' >root/CVSROOT/passwd
    mkdir import
    echo text >import/file
    (cd import; cvs -Q -d $SERVER/root import -m x project own first)
    chown -R nobody root`,
  run: `exec ncat -lk 2401 --sh-exec "exec cvs -f --allow-root=$PWD/root pserver"`,
  dialogues: [
    {
      name: 'CVS',
      port: 2401,
      client: `HOME=$PWD cvs -Q -d :pserver:reader:@$HOST:$PORT$SERVER/root checkout project; cat project/file`,
    },
  ],
};

export const nbd: Server = {
  programs: ['nbd-server', 'nbdcopy'],
  prepare: String.raw`
    cp $DATA disk
    truncate -s 524288 disk
    printf '[generic]\nport = 2809\nallowlist = true\n[disk]\nexportname = %s/disk\nreadonly = true\n' $PWD >nbd.conf`,
  run: 'exec nbd-server -n -C $PWD/nbd.conf',
  dialogues: [{ name: 'NBD', port: 2809, client: `nbdcopy nbd://$HOST:$PORT/disk - | ${SUM}` }],
};

export const gopher: Server = {
  programs: ['gophernicus', 'ncat', 'curl'],
  prepare: 'mkdir root; cp $DATA root/file.bin; echo text >root/text.txt; chmod 644 root/*',
  run: 'exec ncat -lk 2070 --sh-exec "exec setpriv --reuid=nobody --regid=nogroup --clear-groups gophernicus -nu -nh -h gopher.example -r $PWD/root"',
  dialogues: [{ name: 'Gopher', port: 2070, client: `curl -qsS gopher://$HOST:$PORT/9/file.bin | ${SUM}` }],
};
