# @summary The four files that mutual TLS needs. Without them kickd and kicker read puppet.conf.
type Kickd::Tls = Struct[{
  cert => Kickd::Path,
  key  => Kickd::Path,
  ca   => Kickd::Path,
  crl  => Kickd::Path,
}]
