# frozen_string_literal: true

module KickdStandby
  # What has to be applied together with a resource: everything that must be right before it, through containers too;
  # whoever its change notifies, since an event to a resource that is not there is lost for good; and what those stand on.
  module Closure
    # more than a repair of one service
    MOST = 50
    # what is known to behave the same without the rest of the catalog
    TYPES = %w[File Package Service Exec User Group].freeze
    # of every catalog, for Puppet itself
    FRAME = %w[Stage Class Schedule Filebucket].freeze

    module_function

    # @param catalog [Puppet::Resource::Catalog] converted, with its relationship graph
    # @param data [Puppet::Resource::Catalog] the same as it was read
    # @return [Array<String>, String] names; or why the resource cannot be healed this way
    def of(name, catalog, data)
      wanted = catalog.resource(name) or return "#{name} is not in the catalog"
      names = collect(wanted, catalog.relationship_graph).map(&:ref)
      real = names.reject { |ref| FRAME.include?(ref[/\A[^\[]+/]) }
      return "#{name} stands on #{real.size} resources" if real.size > MOST

      real.each do |ref|
        why = unfit(ref, data.resource(ref))
        return "#{name} stands on #{ref}: #{why}" if why
      end
      names
    end

    def unfit(ref, resource)
      type = ref[/\A[^\[]+/]
      # a container of the policy's own
      return if resource.nil? || !resource.builtin_type?
      return "the type #{type}" unless TYPES.include?(type)
      return 'a value that is sensitive' if resource.sensitive_parameters.any? || sensitive?(resource.to_hash)
      return 'a value that waits for the run' if waits?(resource.to_hash)
      return 'a file of the server' if type == 'File' && resource[:source]
    end

    # @see lib/puppet/pops/evaluator/deferred_resolver.rb
    def waits?(value)
      holds?(value, Puppet::Pops::Types::TypeFactory.deferred.implementation_class)
    end

    def sensitive?(value)
      holds?(value, Puppet::Pops::Types::PSensitiveType::Sensitive)
    end

    def holds?(value, wanted)
      case value
      when Hash then value.any? { |key, inner| holds?(key, wanted) || holds?(inner, wanted) }
      when Array then value.any? { |inner| holds?(inner, wanted) }
      else value.is_a?(wanted)
      end
    end

    def collect(wanted, graph)
      needed = {}
      told = {}
      todo = [[wanted, true]]
      while (resource, is_needed = todo.pop)
        if is_needed && !needed[resource]
          needed[resource] = true
          graph.direct_dependencies_of(resource).each { |other| todo << [other, true] }
        end
        # the begin of a container passes no news on
        next if told[resource] || (whit?(resource) && resource.name.start_with?('admissible'))

        told[resource] = true
        graph.adjacent(resource, direction: :out, type: :edges).each do |edge|
          todo << [edge.target, !whit?(edge.target)] if edge.callback
        end
      end
      needed.keys.reject { |found| whit?(found) }
    end

    # the invisible begin and end of a container
    def whit?(resource)
      resource.is_a?(Puppet::Type::Whit)
    end
  end
end
