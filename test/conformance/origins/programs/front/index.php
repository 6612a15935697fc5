<?php
// A program that serves every address of a site, under its own name or without it. CONFORMANCE_ROUTER says how it comes by the path.
function path_of(): string {
  if (getenv('CONFORMANCE_ROUTER') === 'path-info') return (string) ($_SERVER['PATH_INFO'] ?? '/');
  if (getenv('CONFORMANCE_ROUTER') === 'prefix') return without_name(rawurldecode(explode('?', $_SERVER['REQUEST_URI'], 2)[0]));
  // As Symfony's Request does it: the name of the program is taken off in whatever way it is escaped.
  $path = explode('?', $_SERVER['REQUEST_URI'], 2)[0];
  $length = strlen($_SERVER['SCRIPT_NAME']);
  $escaped = sprintf('#^(%%[[:xdigit:]]{2}|.){%d}#s', $length);
  if (preg_match($escaped, $path, $found) === 1 && rawurldecode($found[0]) === $_SERVER['SCRIPT_NAME'])
    $path = substr($path, strlen($found[0]));
  return rawurldecode($path === '' ? '/' : $path);
}

// As CodeIgniter 3 and Yii do it: what stands behind the name need not begin with a slash.
function without_name(string $path): string {
  if (strpos($path, $_SERVER['SCRIPT_NAME']) === 0) $path = substr($path, strlen($_SERVER['SCRIPT_NAME']));
  return '/' . ltrim($path, '/');
}

function served(string $path): string {
  if ($path === '/page' || $path === '/deep/er/page') return 'listed page';
  if (str_starts_with($path, '/dir/fine/')) return 'allowed';
  return str_starts_with($path, '/dir/') ? 'listed directory' : 'neighbour';
}

header('Content-Type: text/plain');
echo 'served: ' . served(path_of()) . ".\n";
