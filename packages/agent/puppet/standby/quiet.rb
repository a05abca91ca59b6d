# frozen_string_literal: true

module KickdStandby
  # When there is time to load: not during a run, which brings another catalog, not while the host is short of memory, and a
  # while later where it is short of processor time: what is loaded at a low priority delays nobody for long.
  module Quiet
    # share of the last ten seconds in which something waited, percent
    MOST = { 'cpu' => 60.0, 'memory' => 10.0 }.freeze
    LOOK_EVERY_SECONDS = 2
    # a host that is always busy has a standby too
    PATIENCE_SECONDS = 10

    module_function

    # @param lock [String, nil] the file that Puppet keeps while it runs
    def wait(lock)
      sleep 1 while lock && held?(lock)
      patient_until = seconds + PATIENCE_SECONDS
      sleep LOOK_EVERY_SECONDS while short_of?('memory') || (short_of?('cpu') && seconds < patient_until)
    end

    def held?(lock)
      Process.kill(0, Integer(File.read(lock), 10))
      true
    rescue SystemCallError, ArgumentError
      false
    end

    # whoever waits should not be swapped out for it
    def short_of_memory?
      short_of?('memory')
    end

    # @return [Boolean] false as well where the kernel does not tell
    # @see https://docs.kernel.org/accounting/psi.html
    def short_of?(what)
      Float(File.read("/proc/pressure/#{what}")[/^some avg10=([\d.]+)/, 1] || 0) > MOST.fetch(what)
    rescue SystemCallError
      false
    end

    def seconds
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end
end
