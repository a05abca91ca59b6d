# @summary kickd on a managed host: package, configuration, ACL, unit and service.
#
# A run that kickd itself started may apply this class: the unit ends only kickd's own process on
# a restart, and the run goes on.
#
# @param kickers
#   certnames that may ask for a run and look at its outcome; nobody else may
# @param readers
#   certnames that may look at status, recent runs and metrics, and start nothing
# @param certname
#   the name in this host's own certificate
# @param listen_address
#   the address to listen on
# @param listen_port
#   the port to listen on; 8139 is that of Puppet's old listen mode
# @param tls
#   certificate, key, CA and CRL; by default kickd finds them through puppet.conf
# @param cm_default
#   the profile that a kick without `cm` runs
# @param cm_profiles
#   settings of profiles by name, as kickd.yaml has them
# @param state
#   the folder of the journal and of the output of runs
# @param acl
#   the whole text of auth.conf, instead of the one made from kickers and readers
# @param path
#   the program
# @param package_name
#   its package
# @param manage_unit
#   whether to install the systemd unit: a package brings its own
# @param service_ensure
#   whether kickd is to run
#
# @example The monitoring host may kick
#   class { 'kickd::agent':
#     kickers => ['monitor.example.com'],
#   }
class kickd::agent (
  Array[Kickd::Certname] $kickers,
  Array[Kickd::Certname] $readers = [],
  Kickd::Certname $certname = $trusted['certname'],
  Optional[String[1]] $listen_address = undef,
  Integer[1, 65535] $listen_port = 8139,
  Optional[Kickd::Tls] $tls = undef,
  String[1] $cm_default = 'puppet-agent',
  Hash[Pattern[/\A[a-z0-9][a-z0-9-]{0,63}\z/], Hash[String[1], Data]] $cm_profiles = {},
  Kickd::Path $state = '/var/lib/kickd',
  Optional[String[1]] $acl = undef,
  Kickd::Path $path = '/usr/bin/kickd',
  String[1] $package_name = 'kickd',
  Boolean $manage_unit = true,
  Enum['running', 'stopped'] $service_ensure = 'running',
) {
  include kickd

  $folder = '/etc/kickd'

  if $kickd::install == 'package' {
    package { $package_name:
      ensure => $kickd::package_ensure,
      before => File[$folder],
      notify => Service['kickd'],
    }
  }

  file { $folder:
    ensure => directory,
    owner  => 'root',
    group  => 'root',
    mode   => '0755',
  }

  # kickd checks what it reads, and on a mistake keeps what it had; this is for the eye of a
  # person who types `puppet agent --noop`.
  $listen = {
    'address' => $listen_address,
    'port'    => $listen_port,
  }.filter |$key, $value| { $value =~ NotUndef }

  $profiles = $cm_profiles ? {
    {}      => undef,
    default => $cm_profiles,
  }

  file { "${folder}/kickd.yaml":
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => epp('kickd/kickd.yaml.epp', {
        'config' => {
          'listen'   => $listen,
          'certname' => $certname,
          'tls'      => $tls,
          'acl'      => { 'file' => "${folder}/auth.conf" },
          'cm'       => { 'default' => $cm_default, 'profiles' => $profiles }.filter |$key, $value| {
            $value =~ NotUndef
          },
          'state'    => $state,
        },
    }),
    notify  => Service['kickd'],
  }

  # Read again by kickd itself within seconds: no restart.
  file { "${folder}/auth.conf":
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => $acl ? {
      undef   => epp('kickd/auth.conf.epp', { 'kickers' => $kickers, 'readers' => $readers }),
      default => $acl,
    },
    before  => Service['kickd'],
  }

  file { $state:
    ensure => directory,
    owner  => 'root',
    group  => 'root',
    mode   => '0700',
    before => Service['kickd'],
  }

  if $manage_unit {
    file { '/etc/systemd/system/kickd.service':
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => file('kickd/kickd.service').regsubst('/usr/bin/kickd', $path, 'G'),
    }
    ~> exec { 'kickd: systemctl daemon-reload':
      command     => 'systemctl daemon-reload',
      path        => ['/usr/bin', '/bin'],
      refreshonly => true,
      notify      => Service['kickd'],
    }
  }

  service { 'kickd':
    ensure => $service_ensure,
    enable => $service_ensure == 'running',
  }
}
