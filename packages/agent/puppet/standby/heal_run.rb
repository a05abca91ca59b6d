# frozen_string_literal: true

require 'fileutils'
require 'puppet/agent'
require 'puppet/configurer'
require 'puppet/transaction/persistence'

module KickdStandby
  # Puppet's agent but for the end: the lock stays with the process, for the ordinary run that it becomes.
  class LockKeepingAgent < Puppet::Agent
    def lock
      raise Puppet::LockError, 'Failed to acquire lock' unless lockfile.lock

      @has_lock = true
      yield
    end

    def locked?
      @has_lock || false
    end
  end

  # Puppet asks the class of a client for a new one.
  class HealClient
    def initialize(*parts)
      @parts = parts
    end

    def new(transaction_uuid, job_id)
      HealConfigurer.new(transaction_uuid, job_id).prepare(*@parts)
    end

    # in the words of Puppet's messages
    def to_s
      Puppet::Configurer.to_s
    end
  end

  # A run of a catalog that is there already: no facts, no plugins, nothing asked of the server.
  class HealConfigurer < Puppet::Configurer
    def prepare(catalog, stamps, report_file, cached_catalog_status)
      @catalog = catalog
      @stamps = stamps
      @report_file = report_file
      @cached_catalog_status = cached_catalog_status
      @environment = catalog.environment || @environment
      self
    end

    # nothing in the catalog waits for one
    def get_facts(_options)
      [{}, nil]
    end

    # The lock is held from here on: whoever had it may have brought another catalog, or other plugins.
    def run(options = {})
      changed = @stamps.changed
      return super(options.merge(catalog: @catalog, pluginsync: false)) unless changed

      Puppet.notice("kickd: nothing is healed ahead: #{changed} is not what it was")
      nil
    end

    # Here the first step is over: Puppet's own copy comes after the server has taken it, which may last.
    def send_report(report)
      Puppet::Util.replace_file(@report_file, 0o600) { |file| YAML.dump(report, file) }
      super
    end
  end

  # Puppet writes down what a run has seen, and with a catalog of few resources it would forget all others: their next repair
  # would not be called corrective any more.
  module RememberOthers
    def save
      (@old_data['resources'] || {}).each_key { |name| copy_skipped(name) unless @new_data['resources'].key?(name) }
      super
    end
  end
end
