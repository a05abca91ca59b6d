# frozen_string_literal: true

module KickdStandby
  # When there is time to load: not while the host is short of processor time or memory, and not during a run, which brings
  # another catalog.
  module Quiet
    # share of the last ten seconds in which something waited, percent
    MOST = { 'cpu' => 60.0, 'memory' => 10.0 }.freeze
    LOOK_EVERY_SECONDS = 10

    module_function

    # @param lock [String, nil] the file that Puppet keeps while it runs
    def wait(lock)
      sleep 1 while lock && held?(lock)
      sleep LOOK_EVERY_SECONDS until now?
    end

    def held?(lock)
      Process.kill(0, Integer(File.read(lock), 10))
      true
    rescue SystemCallError, ArgumentError
      false
    end

    # @return [Boolean] true as well where the kernel does not tell
    def now?
      MOST.all? { |name, most| pressure(name) <= most }
    end

    # whoever waits should not be swapped out for it
    def short_of_memory?
      pressure('memory') > MOST['memory']
    end

    # @see https://docs.kernel.org/accounting/psi.html
    def pressure(name)
      Float(File.read("/proc/pressure/#{name}")[/^some avg10=([\d.]+)/, 1] || 0)
    rescue SystemCallError
      0.0
    end
  end
end
