# @summary Keeps Apache installed and running.
#
# The smallest policy that a kick can use: when Apache is down, the next run starts it.
# The service provider is left to Puppet: `init` is confined away on Debian, and `systemd`
# works only where systemd is process 1.
#
# @param package_name the package that holds Apache
# @param service_name the service that is kept running
#
# @example
#   include httpd
class httpd (
  String[1] $package_name = 'apache2',
  String[1] $service_name = 'apache2',
) {
  package { $package_name:
    ensure => installed,
  }

  service { $service_name:
    ensure     => running,
    hasstatus  => true,
    hasrestart => true,
    require    => Package[$package_name],
  }
}
