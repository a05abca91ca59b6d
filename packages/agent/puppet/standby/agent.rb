# frozen_string_literal: true

require 'puppet'
require 'puppet/util/command_line'
require 'puppet/application/agent'
require_relative 'code'
require_relative 'door'
require_relative 'heal'

module KickdStandby
  # `puppet agent --onetime` up to where a run begins; from there on, what the runner says.
  class PreparedAgent < Puppet::Application::Agent
    run_mode :agent

    class << self
      # @param options [Options] Puppet builds its application by itself, and takes no argument for it
      attr_accessor :options_of_kickd

      def start(options)
        self.options_of_kickd = options
        arguments = options.command.drop(1)
        ARGV.replace(arguments)
        Code.load
        line = Puppet::Util::CommandLine.new('puppet', arguments)
        Puppet.initialize_settings(line.args)
        new(line).run
      end
    end

    def name
      :agent
    end

    # Puppet calls it where everything is set up.
    def onetime(daemon)
      kickd = self.class.options_of_kickd
      heal = Heal.new(kickd.resources)
      Code.load_types(heal.types)
      heal.prepare
      stamps = Stamps.new([*Code.files, *Heal.file], Code.trees)
      GC.start
      order = stamps.newer_than(KickdStandby::BORN_AT) ? nil : Door.new(kickd, heal, stamps).wait
      return KickdStandby.load_anew unless order

      begin_run(order, kickd)
      return super if order.resources.empty?

      exit(1) unless heal_first(heal, order, stamps, kickd)
      KickdStandby.become(*kickd.command_of(order.run), env: { 'KICKD_RUN' => order.run })
    end

    private

    # From here on it is the run.
    def begin_run(order, kickd)
      KickdStandby.raise_priority
      ENV['KICKD_RUN'] = order.run
      [$stdout, $stderr].each do |stream|
        stream.reopen(kickd.log_of(order.run), 'a')
        stream.sync = true
      end
      options[:job_id] = order.run
      options[:start_time] = Time.now
    end

    # @return [Boolean] false: Puppet does not run here now, and has said why
    def heal_first(heal, order, stamps, kickd)
      Puppet::Transaction::Persistence.prepend(RememberOthers)
      heal.apply(order.resources, stamps, job_id: order.run, report_file: kickd.heal_report_of(order.run))
    rescue StandardError => e
      # whatever it is, the ordinary run is what counts
      Puppet.log_exception(e, "kickd: nothing is healed ahead: #{e.message}")
      true
    end
  end
end
