# puppet apply --noop --modulepath ../.. kicker.pp
class { 'kickd::kicker':
  certname => 'monitor.example.com',
  tls      => {
    cert => '/etc/kicker/ssl/cert.pem',
    key  => '/etc/kicker/ssl/key.pem',
    ca   => '/etc/kicker/ssl/ca.pem',
    crl  => '/etc/kicker/ssl/crl.pem',
  },
  hosts    => { 'web1' => { 'certname' => 'web1.example.com' } },
}
