# frozen_string_literal: true

# A Puppet that is loaded and waits: one process, one run. kickd's runner starts it ahead, as root, in a unit of its own.
#
#   ruby kickd_standby.rb --socket=PATH --logs=DIR [--lock=FILE] [--resource=Service[apache2]]... [--of-run=--job-id=RUN]... \
#     -- PUPPET agent --onetime ...
#
# What follows `--` is the ordinary command of a run, but for what each run has of its own: in --of-run RUN is the run's id.
# Ready, it listens on PATH; there the runner asks whether it is still what a run started now would be, and hands it the run:
# its id and the resources to heal first, of those named at the start. Nothing else crosses. See
# docs/decisions/0031-standby.md.
require 'json'
require 'socket'
require_relative 'standby/options'
require_relative 'standby/quiet'

# From the command line to a Puppet that waits.
module KickdStandby
  # What a run that is started now would have.
  BORN_AT = Time.now
  LOAD_AT_MOST_EVERY_SECONDS = 10
  BORN_WITH = { env: ENV.to_h.freeze, argv: ARGV.dup.freeze, file: File.expand_path(__FILE__) }.freeze

  module_function

  def main
    options = Options.parse(BORN_WITH[:argv])
    lower_priority
    Quiet.wait(options.lock)
    application_of(options).start(options)
  end

  # Loads Puppet.
  def application_of(options)
    subcommand = options.command[1]
    require_relative "standby/#{subcommand}"
    subcommand == 'agent' ? PreparedAgent : PreparedApply
  end

  # The same process in the same unit, as if it had just been started; not again and again where something changes all the
  # time.
  def load_anew
    sleep [BORN_AT + LOAD_AT_MOST_EVERY_SECONDS - Time.now, 0].max
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
