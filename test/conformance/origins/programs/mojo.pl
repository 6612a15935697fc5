# A program that serves by host with Mojolicious; prints name and port as JSON.
use Mojo::Base -strict;
use Mojo::IOLoop;
use Mojo::Server::Daemon;

sub routed {
  my ($path) = @_;
  return 'listed page' if $path eq '/page' || $path eq '/deep/er/page';
  return 'allowed' if $path =~ m{^/dir/fine/};
  return $path =~ m{^/dir/} ? 'listed directory' : 'neighbour';
}

my $daemon = Mojo::Server::Daemon->new(listen => ['http://127.0.0.1'], silent => 1, max_requests => 1_000_000);
$daemon->unsubscribe('request')->on(request => sub {
  my ($self, $transaction) = @_;
  my $url = $transaction->req->url->to_abs;
  my $host = lc($url->host // '');
  $host =~ s/\.$//;
  my $served = $host eq 'listed.localhost' ? 'listed page' : $host eq 'paths.localhost' ? routed($url->path->to_string) : 'neighbour';
  $transaction->res->code(200);
  $transaction->res->body("served: $served.\n");
  $transaction->resume;
});
$daemon->start;
$| = 1;
printf qq({"mojolicious-hosts":%d}\n), $daemon->ports->[0];
Mojo::IOLoop->start;
