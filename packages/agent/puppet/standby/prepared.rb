# frozen_string_literal: true

require 'puppet'
require 'puppet/util/command_line'
require_relative 'code'
require_relative 'door'
require_relative 'heal'

module KickdStandby
  # What the two ways of a run have in common: waiting for it, and its first step.
  module Prepared
    # Puppet builds its application by itself, and takes no argument for it.
    module Start
      # @return [Options]
      attr_reader :kickd

      def start(options)
        @kickd = options
        arguments = options.command.drop(1)
        ARGV.replace(arguments)
        Code.load
        line = Puppet::Util::CommandLine.new('puppet', arguments)
        Puppet.initialize_settings(line.args)
        new(line).run
      end
    end

    def self.included(application)
      application.extend(Start)
    end

    private

    def kickd
      self.class.kickd
    end

    # @param heal [Heal] before anything of it was loaded
    # @param environment [Puppet::Node::Environment] whose plugins count
    # @param trees [Array<String>] folders that the catalog was made of
    # @return [Order] what the runner hands over; where what was loaded is of no use any more, nothing returns
    def await_order(heal, environment, trees = [])
      Code.load_types(heal.types, environment)
      heal.prepare
      @stamps = Stamps.new([*Code.files, *heal.file], [*Code.trees, *trees], quick: heal.file)
      GC.start
      # a kick is answered within 50 ms, above all on a host that is busy
      KickdStandby.raise_priority
      order = @stamps.newer_than(KickdStandby::BORN_AT, Code.loaded) ? nil : Door.new(kickd, heal, @stamps).wait
      KickdStandby.load_anew unless order
      begin_run(order)
      order
    end

    # From here on it is the run.
    def begin_run(order)
      Code.choose_anew
      ENV['KICKD_RUN'] = order.run
      [$stdout, $stderr].each do |stream|
        stream.reopen(kickd.log_of(order.run), 'a')
        stream.sync = true
      end
    end

    # The first step, where there is something to heal, and then the ordinary run in the same process. Nothing returns.
    def heal_then_run(heal, order, locked:)
      may_run = order.resources.empty? || heal_first(heal, order, locked)
      exit(1) unless may_run
      KickdStandby.become(*kickd.command_of(order.run), env: { 'KICKD_RUN' => order.run })
    end

    # @return [Boolean] false: Puppet does not run here now, and has said why
    def heal_first(heal, order, locked)
      Puppet::Transaction::Persistence.prepend(RememberOthers)
      heal.apply(order.resources, @stamps, job_id: order.run, report_file: kickd.heal_report_of(order.run), locked: locked)
    rescue StandardError => e
      # whatever it is, the ordinary run is what counts
      Puppet.log_exception(e, "kickd: nothing is healed ahead: #{e.message}")
      true
    end
  end
end
