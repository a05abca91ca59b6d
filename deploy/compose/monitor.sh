#!/bin/sh
# The monitoring host: gives nagios copies of kicker's certificate that it can read, then becomes
# Nagios. What Nagios logs goes to the container's output too.
set -eu

mounted=/etc/kicker/ssl
certname=$(hostname)
if [ ! -r "$mounted/certs/$certname.pem" ]; then
  echo "no certificate for $certname in $mounted; on the machine that runs docker run: npm run certs" >&2
  exit 3
fi

# tmpfs comes empty
install -d -o nagios -g nagios -m 0750 /run/kicker /run/nagios4
install -o nagios -g nagios -m 0400 "$mounted/private_keys/$certname.pem" /run/kicker/key.pem
install -o nagios -g nagios -m 0444 "$mounted/certs/$certname.pem" /run/kicker/cert.pem
install -o nagios -g nagios -m 0444 "$mounted/certs/ca.pem" /run/kicker/ca.pem
install -o nagios -g nagios -m 0444 "$mounted/crl.pem" /run/kicker/crl.pem
install -d -o nagios -g nagios -m 0755 /var/log/nagios4 /var/log/nagios4/archives \
  /var/lib/nagios4 /var/lib/nagios4/rw /var/lib/nagios4/spool /var/lib/nagios4/spool/checkresults
chown nagios:nagios /var/lib/kicker

# What systemd does on a real host: the resident kicker, started again should it end.
while :; do
  setpriv --reuid=nagios --regid=nagios --init-groups kicker serve || true
  sleep 2
done &

tail -n +1 -F /var/log/nagios4/nagios.log 2>/dev/null &
exec nagios4 /etc/nagios4/nagios.cfg
