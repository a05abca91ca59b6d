# frozen_string_literal: true

# A Puppet that is loaded and waits: one process, one run. kickd's runner starts it ahead, as root, in a unit of its own.
#
#   ruby kickd_standby.rb --socket=PATH --logs=DIR --lock=FILE [--resource=Service[apache2]]... -- PUPPET agent --onetime ...
#
# What follows `--` is the ordinary command of a run. Ready, it listens on PATH; there the runner asks whether it is still
# what a run started now would be, and hands it the run: its id and the resources to heal first, of those named at the
# start. Nothing else crosses. See docs/decisions/0031-standby.md.
require 'json'
require 'socket'
require_relative 'standby/options'
require_relative 'standby/quiet'
require_relative 'standby/agent'

module KickdStandby
  # What a run that is started now would have.
  BORN_AT = Time.now
  BORN_WITH = { env: ENV.to_h.freeze, argv: ARGV.dup.freeze, file: File.expand_path(__FILE__) }.freeze

  module_function

  def main
    options = Options.parse(BORN_WITH[:argv])
    lower_priority
    Quiet.wait(options.lock)
    PreparedAgent.start(options)
  end

  # The same process in the same unit, as if it had just been started.
  def load_anew
    become(RbConfig.ruby, BORN_WITH[:file], *BORN_WITH[:argv])
  end

  # Nothing of what was loaded reaches another program but the process itself.
  def become(*command, env: {})
    exec(BORN_WITH[:env].merge(env), *command, unsetenv_others: true)
  end

  # Loading is nobody's hurry; the run is.
  def lower_priority
    Process.setpriority(Process::PRIO_PROCESS, 0, 10)
  end

  def raise_priority
    Process.setpriority(Process::PRIO_PROCESS, 0, 0)
  rescue Errno::EACCES, Errno::EPERM
    # not root: as nice as it is
    nil
  end
end

KickdStandby.main if $PROGRAM_NAME == __FILE__
