# frozen_string_literal: true

require 'puppet/application/agent'
require_relative 'prepared'

module KickdStandby
  # `puppet agent --onetime` up to where a run begins; from there on, what the runner says.
  class PreparedAgent < Puppet::Application::Agent
    include Prepared
    run_mode :agent

    def name
      :agent
    end

    # Puppet calls it where everything is set up.
    def onetime(daemon)
      heal = Heal.of_cached_catalog(kickd.resources)
      order = await_order(heal, Puppet::Node::Environment.remote(Puppet[:environment]))
      options[:job_id] = order.run
      options[:start_time] = Time.now
      return super if order.resources.empty?

      heal_then_run(heal, order, locked: true)
    end
  end
end
