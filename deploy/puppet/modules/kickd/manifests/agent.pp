# @summary kickd on a managed host: package, user, configuration, ACL, units and services.
#
# Two processes: the listener (user kickd, no privilege) and the runner (root, no network, there only
# while it has something to do). The listener leaves when idle, too: systemd holds the port, so this class
# keeps the port open and not the listener running. A run that kickd itself started may apply this class:
# each run is a unit of its own and goes on.
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
# @param idle_exit_seconds
#   after how many seconds without a connection the listener leaves; 0: never; by default 300
# @param tls
#   certificate, key, CA and CRL; by default Puppet's own. A pair of kickd's own is better: should the
#   listener ever be broken into, the key that fetches this host's catalog is not in it
# @param ssldir
#   where Puppet keeps its certificates, for the default of tls
# @param cm_default
#   the profile that a kick without `cm` runs
# @param cm_profiles
#   settings of profiles by name, as kickd.yaml has them
# @param state
#   the folder of the journal and of the output of runs
# @param acl
#   the whole text of auth.conf, instead of the one made from kickers and readers
# @param home
#   the folder of the program and of its Node
# @param package_name
#   its package
# @param manage_unit
#   whether to install user and systemd units; by default where no package brings them (kickd::install: none)
# @param service_ensure
#   whether kickd is to be there: its port open
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
  Optional[Integer[0, 86400]] $idle_exit_seconds = undef,
  Optional[Kickd::Tls] $tls = undef,
  String[1] $cm_default = 'puppet-agent',
  Hash[Pattern[/\A[a-z0-9][a-z0-9-]{0,63}\z/], Hash[String[1], Data]] $cm_profiles = {},
  Kickd::Path $state = '/var/lib/kickd',
  Optional[String[1]] $acl = undef,
  Kickd::Path $ssldir = $facts['aio_agent_version'] ? {
    undef   => '/var/lib/puppet/ssl',
    default => '/etc/puppetlabs/puppet/ssl',
  },
  Kickd::Path $home = '/usr/lib/kickd',
  String[1] $package_name = 'kickd',
  Optional[Boolean] $manage_unit = undef,
  Enum['running', 'stopped'] $service_ensure = 'running',
) {
  include kickd

  $folder = '/etc/kickd'

  if $kickd::install == 'package' {
    package { $package_name:
      ensure => $kickd::package_ensure,
      before => File[$folder],
      notify => Exec['kickd: systemctl restart'],
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
    'address'         => $listen_address,
    'port'            => $listen_port,
    'idleExitSeconds' => $idle_exit_seconds,
  }.filter |$key, $value| { $value =~ NotUndef }

  # `? { {} => … }` would match every hash
  $profiles = $cm_profiles.empty ? {
    true    => undef,
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
          # where the unit opens it for the listener, wherever the journal is
          'audit'    => { 'file' => '/var/log/kickd/audit.log' },
        },
    }),
    notify  => Exec['kickd: systemctl restart'],
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

  $brings_units = $manage_unit ? {
    undef   => $kickd::install == 'none',
    default => $manage_unit,
  }

  if $brings_units {
    group { 'kickd':
      ensure => present,
      system => true,
    }

    user { 'kickd':
      ensure     => present,
      system     => true,
      gid        => 'kickd',
      home       => '/nonexistent',
      managehome => false,
      shell      => '/usr/sbin/nologin',
      before     => Service['kickd'],
    }

    # systemd opens the audit file for the listener, which can then add lines and nothing else.
    file {
      default:
        owner   => 'root',
        group   => 'kickd',
        require => User['kickd'],
        before  => Service['kickd'];
      '/var/log/kickd':
        ensure => directory,
        mode   => '2750';
      '/var/log/kickd/audit.log':
        ensure => file,
        mode   => '0640';
    }

    $units = [
      'kickd.socket',
      'kickd.service',
      'kickd-runner.socket',
      'kickd-runner.service',
      'kickd-credentials.path',
      'kickd-credentials.service',
      'kickd.timer',
    ]
    $units.each |$unit| {
      file { "/etc/systemd/system/${unit}":
        ensure  => file,
        owner   => 'root',
        group   => 'root',
        mode    => '0644',
        content => file("kickd/${unit}").regsubst('/usr/lib/kickd', $home, 'G'),
        notify  => Exec['kickd: systemctl daemon-reload'],
      }
    }
  }

  # What this host has otherwise than the units: the port, the certificate, the folder of the journal.
  # On Debian the folder above Puppet's ssldir is closed to others, so CA and CRL come as credentials too.
  $pair = $tls ? {
    undef   => {
      'cert.pem' => "${ssldir}/certs/${certname}.pem",
      'key.pem'  => "${ssldir}/private_keys/${certname}.pem",
    },
    default => { 'cert.pem' => $tls['cert'], 'key.pem' => $tls['key'] },
  }
  $is_debian = $ssldir =~ /\A\/var\/lib\/puppet/
  $trust = ($tls =~ Undef and $is_debian) ? {
    true    => { 'ca.pem' => "${ssldir}/certs/ca.pem", 'crl.pem' => "${ssldir}/crl.pem" },
    default => {},
  }
  $credentials = $pair + $trust
  # Puppet's reports are in a folder of the user puppet there.
  $reports = $is_debian ? {
    true    => ['CapabilityBoundingSet=CAP_DAC_READ_SEARCH'],
    default => [],
  }
  $address = $listen_address ? {
    undef   => '0.0.0.0',
    default => $listen_address,
  }
  $dropins = {
    'kickd.socket'           => [
      '[Socket]',
      'ListenStream=',
      "ListenStream=${address}:${listen_port}",
    ],
    'kickd.service'          => ['[Service]', 'LoadCredential='] + $credentials.map |$name, $file| {
      "LoadCredential=${name}:${file}"
    },
    'kickd-credentials.path' => ['[Path]', 'PathChanged='] + $credentials.map |$name, $file| {
      "PathChanged=${file}"
    },
    'kickd-runner.service'   => ['[Service]', "ReadWritePaths=${state}"] + $reports,
  }
  $dropins.each |$unit, $lines| {
    file {
      default:
        owner => 'root',
        group => 'root';
      "/etc/systemd/system/${unit}.d":
        ensure => directory,
        mode   => '0755';
      "/etc/systemd/system/${unit}.d/puppet.conf":
        ensure  => file,
        mode    => '0644',
        content => "# Managed by Puppet, class kickd::agent.\n${lines.join("\n")}\n",
        notify  => Exec['kickd: systemctl daemon-reload'],
    }
  }

  $is_running = $service_ensure == 'running'

  exec {
    default:
      path        => ['/usr/bin', '/bin'],
      refreshonly => true;
    'kickd: systemctl daemon-reload':
      command => 'systemctl daemon-reload',
      notify  => [
        Service['kickd.socket', 'kickd-runner.socket', 'kickd-credentials.path'],
        Exec['kickd: systemctl restart'],
      ];
    # At rest as well: what is wrong with the new settings is reported now, and what is loaded ahead is what they say. A run in
    # progress goes on.
    'kickd: systemctl restart':
      command => $is_running ? {
        true    => 'systemctl restart kickd kickd-runner',
        default => 'systemctl try-restart kickd kickd-runner',
      },
      require => Service['kickd'];
  }

  # kickd.socket starts and stops kickd.timer.
  service { ['kickd.socket', 'kickd-runner.socket', 'kickd-credentials.path']:
    ensure => $service_ensure,
    enable => $is_running,
    before => Service['kickd'],
  }

  # Not `running`: that would start the listener with each run of Puppet, which means that it was idle.
  service { 'kickd':
    ensure => $is_running ? {
      true    => undef,
      default => stopped,
    },
    enable => $is_running,
  }
}
