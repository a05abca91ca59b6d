# @summary The name in a certificate of Puppet's CA: lower case, no wildcard.
type Kickd::Certname = Pattern[/\A[a-z0-9][a-z0-9._-]{0,252}\z/]
