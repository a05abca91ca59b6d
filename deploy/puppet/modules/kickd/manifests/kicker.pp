# @summary kicker on the monitoring host: package, configuration, and the objects for Nagios.
#
# The user of the monitor must be able to read the key. Puppet's own private_keys is closed to it,
# so give kicker a certificate of its own in a folder that this user can read:
#
#   puppetserver ca generate --certname monitor.example.com
#
# @param certname
#   the name in kicker's certificate
# @param tls
#   certificate, key, CA and CRL, readable by `user`
# @param user
#   the user that the monitor runs as
# @param group
#   its group
# @param port
#   where kickd listens on every host that `hosts` does not say otherwise of
# @param hosts
#   the monitor's name of a host => certname, address, port, where they differ from its name
# @param rules
#   when to kick, as rules.yaml has it; empty: the file is not managed, and without one the classic rule holds
# @param nagios
#   whether to install handler, command and template for Nagios 4
# @param nagios_config
#   a folder that nagios.cfg names as cfg_dir
# @param nagios_handlers
#   the folder of event handlers
# @param nagios_command_file
#   Nagios's external command file, by which kicker asks it to look again
# @param nagios_status_file
#   Nagios's status data, by which kicker knows the present state of a problem; undef: kicker does without
# @param nagios_objects_file
#   Nagios's object cache, by which kicker knows how large a host group is; undef: it does without
# @param escalate
#   how a person is called, as kicker.yaml has it: `command`, `passive`
# @param service
#   whether the resident kicker runs; without it the event handler starts kicker for each event
# @param state
#   the folder of the ledger and the spool
# @param path
#   the program
# @param package_name
#   its package
#
# @example
#   class { 'kickd::kicker':
#     certname => 'monitor.example.com',
#     tls      => {
#       cert => '/etc/kicker/ssl/cert.pem',
#       key  => '/etc/kicker/ssl/key.pem',
#       ca   => '/etc/kicker/ssl/ca.pem',
#       crl  => '/etc/kicker/ssl/crl.pem',
#     },
#   }
class kickd::kicker (
  Kickd::Certname $certname = $trusted['certname'],
  Optional[Kickd::Tls] $tls = undef,
  String[1] $user = 'nagios',
  String[1] $group = 'nagios',
  Integer[1, 65535] $port = 8139,
  Hash[String[1], Struct[{
    Optional['certname'] => Kickd::Certname,
    Optional['address']  => String[1],
    Optional['port']     => Integer[1, 65535],
  }]] $hosts = {},
  Hash[String[1], Data] $rules = {},
  Boolean $nagios = true,
  Kickd::Path $nagios_config = '/etc/nagios4/conf.d',
  Kickd::Path $nagios_handlers = '/usr/share/nagios4/plugins/eventhandlers',
  Kickd::Path $nagios_command_file = '/var/lib/nagios4/rw/nagios.cmd',
  Optional[Kickd::Path] $nagios_status_file = '/var/lib/nagios4/status.dat',
  Optional[Kickd::Path] $nagios_objects_file = '/var/lib/nagios4/objects.cache',
  Hash[String[1], Data] $escalate = {},
  Boolean $service = true,
  Kickd::Path $state = '/var/lib/kicker',
  Kickd::Path $path = '/usr/bin/kicker',
  String[1] $package_name = 'kicker',
) {
  include kickd

  $folder = '/etc/kicker'

  if $kickd::install == 'package' {
    package { $package_name:
      ensure => $kickd::package_ensure,
      before => File[$folder],
    }
  }

  file { $folder:
    ensure => directory,
    owner  => 'root',
    group  => 'root',
    mode   => '0755',
  }

  $command_file = $nagios ? {
    true    => {
      'commandFile' => $nagios_command_file,
      'statusFile'  => $nagios_status_file,
      'objectsFile' => $nagios_objects_file,
    }.filter |$_key, $value| { $value =~ NotUndef },
    default => undef,
  }

  file { "${folder}/kicker.yaml":
    ensure  => file,
    owner   => 'root',
    group   => $group,
    mode    => '0640',
    content => epp('kickd/kicker.yaml.epp', {
        'config' => {
          'certname' => $certname,
          'tls'      => $tls,
          'port'     => $port,
          'hosts'    => $hosts.empty ? {
            true    => undef,
            default => $hosts,
          },
          'nagios'   => $command_file,
          'escalate' => $escalate.empty ? {
            true    => undef,
            default => $escalate,
          },
          'ledger'   => "${state}/ledger.sqlite",
          'spool'    => "${state}/spool",
        },
    }),
  }

  unless $rules.empty {
    file { "${folder}/rules.yaml":
      ensure  => file,
      owner   => 'root',
      group   => $group,
      mode    => '0640',
      content => epp('kickd/kicker.yaml.epp', { 'config' => $rules }),
      notify  => Service['kicker'],
    }
  }

  file { $state:
    ensure => directory,
    owner  => $user,
    group  => $group,
    mode   => '0750',
  }

  # The unit as it is in the package, with this host's program and user.
  file { '/etc/systemd/system/kicker.service':
    ensure  => $service ? {
      true    => file,
      default => absent,
    },
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => file('kickd/kicker.service')
    .regsubst('/usr/bin/kicker', $path, 'G')
    .regsubst('^User=nagios$', "User=${user}", 'G')
    .regsubst('^Group=nagios$', "Group=${group}", 'G')
    .regsubst('^ReadWritePaths=', "ReadWritePaths=${state} ", 'G'),
  }

  service { 'kicker':
    ensure    => $service,
    enable    => $service,
    subscribe => [
      File["${folder}/kicker.yaml"],
      File['/etc/systemd/system/kicker.service'],
    ],
    require   => File[$state],
  }

  if $nagios {
    file { "${nagios_handlers}/handle_puppetrun":
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
      content => file('kickd/handle_puppetrun')
      .regsubst('/usr/bin/kicker', $path, 'G')
      .regsubst('/var/lib/kicker/spool', "${state}/spool", 'G'),
    }

    file { "${nagios_config}/kickd-commands.cfg":
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => file('kickd/kickd-commands.cfg')
      .regsubst('/usr/share/nagios4/plugins/eventhandlers', $nagios_handlers, 'G'),
    }

    file { "${nagios_config}/kickd-templates.cfg":
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      source => 'puppet:///modules/kickd/kickd-templates.cfg',
    }
  }
}
