# puppet apply --noop --modulepath ../.. agent.pp
include httpd

class { 'kickd::agent':
  kickers => ['monitor.example.com'],
  readers => ['monitor.example.com', 'prometheus.example.com'],
}
