# frozen_string_literal: true

require_relative 'stamps'

module KickdStandby
  # The code of a run, loaded ahead, and the files that it came from.
  module Code
    # what Puppet loads when it meets it
    LATE = %w[
      configurer agent daemon ssl/state_machine ssl/oids http transaction transaction/report transaction/persistence
      util/pidlock util/storage file_bucket/dipper file_serving/metadata file_serving/content
      graph graph/relationship_graph pops/evaluator/deferred_resolver pops/loaders parser/e4_parser_adapter
      indirector/catalog/rest indirector/catalog/json indirector/facts/facter indirector/node/rest
      indirector/report/rest indirector/report/yaml
      indirector/file_metadata/rest indirector/file_metadata/selector indirector/file_metadata/file
      indirector/file_content/rest indirector/file_content/selector indirector/file_content/file
    ].freeze
    # types of every run, and those of a small policy
    COMMON_TYPES = %w[schedule filebucket whit component notify stage file package service exec user group].freeze

    module_function

    def load
      require 'digest/sha2'
      LATE.each { |name| require "puppet/#{name}" }
      Puppet::Configurer::PluginHandler.prepend(LookAgain)
    end

    # All providers of a type or none: with some of them there Puppet looks for no others, and may take another provider
    # than a run that has just been started.
    # @param names [Array<String>] of types
    # @param environment [Puppet::Node::Environment] whose plugins count
    def load_types(names, environment)
      @types = [names, environment]
      (names | COMMON_TYPES).each do |name|
        type = Puppet::Type.type(name.downcase.to_sym)
        type.providerloader.loadall(environment) if type.respond_to?(:providerloader)
      rescue StandardError, LoadError => e
        # as in a run: only a resource of it fails
        Puppet.debug("kickd standby: #{name}: #{e.message}")
      end
    end

    def load_types_again
      load_types(*@types)
      choose_anew
    end

    # Puppet keeps the provider that it has once chosen for a type; a run that has just been started chooses now.
    def choose_anew
      Puppet::Type.eachtype { |type| type.defaultprovider = nil }
    end

    # Everything that was loaded, here and by the dynamic linker, and what stands beside it.
    def files
      loaded + mapped + settings
    end

    def loaded
      $LOADED_FEATURES.grep(%r{\A/}) + autoloaded
    end

    # where a file more makes a difference
    def trees
      [Puppet[:libdir], Puppet[:pluginfactdest], *Puppet[:factpath].split(File::PATH_SEPARATOR)].uniq
    end

    # Puppet loads plugins by `load`, which Ruby keeps no list of.
    def autoloaded
      Puppet::Util::Autoload.loaded.values.map(&:first)
    end

    def mapped
      File.readlines('/proc/self/maps').map { |line| line.split(' ', 6)[5].to_s.strip }.grep(%r{\A/}).uniq
    end

    def settings
      [Puppet[:config], Puppet[:route_file], Puppet[:hiera_config], '/etc/localtime', KickdStandby::BORN_WITH[:file]]
    end

    # Providers that come with the run's own plugin sync: a run that has just been started looks for them after it.
    module LookAgain
      def download_plugins(environment)
        files = super
        Code.load_types_again unless files.empty?
        files
      end
    end
  end
end
