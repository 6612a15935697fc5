# A program that serves by host with Perl's HTTP::Daemon, a process for each connection; prints name and port as JSON.
use strict;
use warnings;
use HTTP::Daemon;
use HTTP::Response;

sub routed {
  my ($path) = @_;
  return 'listed page' if $path eq '/page' || $path eq '/deep/er/page';
  return 'allowed' if $path =~ m{^/dir/fine/};
  return $path =~ m{^/dir/} ? 'listed directory' : 'neighbour';
}

sub served {
  my ($request) = @_;
  my $host = lc($request->header('Host') // '');
  $host =~ s/:.*//s;
  $host =~ s/\.$//;
  return 'listed page' if $host eq 'listed.localhost';
  return $host eq 'paths.localhost' ? routed($request->uri->path) : 'neighbour';
}

$SIG{CHLD} = 'IGNORE';
my $daemon = HTTP::Daemon->new(LocalAddr => '127.0.0.1', Listen => 128) or die $!;
$| = 1;
printf qq({"perl-hosts":%d}\n), $daemon->sockport;
while (1) {
  my $client = $daemon->accept or next;
  if (fork) {
    close $client;
    undef $client;
    next;
  }
  while (my $request = $client->get_request) {
    $client->send_response(HTTP::Response->new(200, 'OK', [], 'served: ' . served($request) . ".\n"));
  }
  exit 0;
}
