<?php
// A front controller as many sites have one. CONFORMANCE_ROUTER says how it comes by the path.
function path_of(string $uri): string {
  switch (getenv('CONFORMANCE_ROUTER')) {
    case 'parse_url': return rawurldecode((string) parse_url($uri, PHP_URL_PATH));
    case 'parse_url-raw': return (string) parse_url($uri, PHP_URL_PATH);
    default: return rawurldecode(explode('?', $uri, 2)[0]);
  }
}

function served(string $path): string {
  if ($path === '/page' || $path === '/deep/er/page') return 'listed page';
  if (str_starts_with($path, '/dir/fine/')) return 'allowed';
  return str_starts_with($path, '/dir/') ? 'listed directory' : 'neighbour';
}

header('Content-Type: text/plain');
echo 'served: ' . served(path_of($_SERVER['REQUEST_URI'])) . ".\n";
