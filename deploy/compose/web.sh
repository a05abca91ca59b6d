#!/bin/sh
# A managed host: brings Apache to the policy once, so that each resource has a history, then
# becomes kickd. The name of the host is its certname.
set -eu

certname=$(hostname)
ssl=/etc/kickd/ssl
if [ ! -r "$ssl/certs/$certname.pem" ]; then
  echo "no certificate for $certname in $ssl; on the machine that runs docker run: npm run certs" >&2
  exit 3
fi

# tmpfs comes empty
mkdir -p /run/kickd /run/lock /run/apache2
cat >/run/kickd/auth.conf <<ACL
path /run
method save
auth yes
allow monitor.example.com

path /status
method find
auth yes
allow monitor.example.com
ACL
cat >/run/kickd/kickd.yaml <<CONFIG
certname: $certname
tls:
  cert: $ssl/certs/$certname.pem
  key: $ssl/private_keys/$certname.pem
  ca: $ssl/certs/ca.pem
  crl: $ssl/crl.pem
acl:
  file: /run/kickd/auth.conf
cm:
  default: httpd
  profiles:
    httpd:
      type: puppet-apply
      manifest: /etc/puppet/site.pp
      modulePath: /etc/puppet/code/modules
state: /var/lib/kickd
CONFIG

puppet apply --color=false --modulepath /etc/puppet/code/modules /etc/puppet/site.pp
exec kickd serve --config /run/kickd/kickd.yaml
