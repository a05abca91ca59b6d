# frozen_string_literal: true

module KickdStandby
  # A catalog that holds some of its resources and is whole in itself.
  module CatalogCut
    # every catalog has them, and any resource may name them
    ALWAYS = %w[Stage Schedule Filebucket].freeze

    module_function

    # @param data [Puppet::Resource::Catalog] as it was read
    # @param names [Array<String>] what stays, with the containers that it is in
    # @return [Puppet::Resource::Catalog] ready to be applied
    def convert(data, names)
      kept = with_containers(data, names).to_h { |name| [name, true] }
      rest = data.filter { |resource| !kept[resource.ref] && !ALWAYS.include?(resource.type) }
      rest.resources.each { |resource| forget_followers(resource, rest) }
      to_ral(rest).tap(&:relationship_graph)
    end

    # To see how the resources stand on each other; not to be applied.
    # @param data [Puppet::Resource::Catalog] as it was read
    def whole(data)
      copy = data.filter { false }
      copy.resources.each { |resource| fill_in(resource) }
      to_ral(copy)
    end

    # What only the run evaluates has no value yet, and whoever wants a text takes no question for one.
    def fill_in(resource)
      resource.to_hash.each { |name, value| resource[name] = 'not known yet' if Closure.waits?(value) }
    end

    # @see lib/puppet/configurer.rb, convert_catalog
    def to_ral(data)
      ral = data.to_ral
      ral.finalize
      ral.retrieval_duration = 0
      ral
    end

    def with_containers(data, names)
      names.flat_map do |name|
        chain = []
        resource = data.resource(name)
        while resource && !chain.include?(resource.ref)
          chain << resource.ref
          resource = data.container_of(resource)
        end
        chain
      end.uniq
    end

    # An order is of no use towards what is not there, and a name that leads nowhere is a fault.
    def forget_followers(resource, catalog)
      return unless resource[:before]

      stays = Array(resource[:before]).select { |other| catalog.resource(other.to_s) }
      stays.empty? ? resource.delete(:before) : resource[:before] = stays
    end
  end
end
