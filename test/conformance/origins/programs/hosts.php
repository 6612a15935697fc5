<?php
// A front controller that serves by host.
function served(string $host, string $path): string {
  $name = rtrim(explode(':', strtolower($host), 2)[0], '.');
  if ($name === 'listed.localhost') return 'listed page';
  if ($name !== 'paths.localhost') return 'neighbour';
  if ($path === '/page' || $path === '/deep/er/page') return 'listed page';
  if (str_starts_with($path, '/dir/fine/')) return 'allowed';
  return str_starts_with($path, '/dir/') ? 'listed directory' : 'neighbour';
}

$target = $_SERVER['REQUEST_URI'];
$url = parse_url($target);
$host = is_array($url) && isset($url['host']) && $target[0] !== '/' ? $url['host'] : ($_SERVER['HTTP_HOST'] ?? '');
header('Content-Type: text/plain');
echo 'served: ' . served($host, is_array($url) ? rawurldecode($url['path'] ?? '/') : '/') . ".\n";
