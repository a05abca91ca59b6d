# frozen_string_literal: true

require 'puppet/application/apply'
require_relative 'prepared'

module KickdStandby
  # `puppet apply` up to where its catalog is compiled; from there on, what the runner says.
  class PreparedApply < Puppet::Application::Apply
    include Prepared
    run_mode :user

    def name
      :apply
    end

    # Called with the catalog as the compiler made it: nothing that waits for the run is evaluated yet.
    def wait_with(catalog)
      heal = Heal.new(kickd.resources, catalog)
      environment = Puppet.lookup(:current_environment)
      order = await_order(heal, environment, places_of(environment))
      # a report of each run's own, as in the ordinary run
      Puppet[:lastrunreport] = kickd.heal_report_of(order.run)
      # what was compiled ahead is no ordinary run
      heal_then_run(heal, order, locked: false)
    end

    private

    def run_command
      Puppet::Resource::Catalog.indirection.extend(Compiled)
      Compiled.application = self
      super
    end

    # where a file more, or another one, makes another catalog
    def places_of(environment)
      [*environment.full_modulepath, environment.manifest, Puppet[:codedir]].map(&:to_s).select { |place| File.exist?(place) }
    end

    # Puppet compiles, resolves, converts and applies in one method.
    module Compiled
      class << self
        attr_accessor :application
      end

      def find(*)
        Compiled.application.wait_with(super)
      end
    end
  end
end
