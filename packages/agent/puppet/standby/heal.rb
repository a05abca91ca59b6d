# frozen_string_literal: true

require_relative 'catalog_cut'
require_relative 'closure'
require_relative 'heal_run'

module KickdStandby
  # The first step of a run: some resources of the catalog that this host applied last, by Puppet's own transaction.
  class Heal
    # a catalog that an ordinary run would have replaced long ago
    CATALOG_RUN_INTERVALS = 2

    # @return [Hash{String => String}] resources that cannot be healed this way, and why not
    attr_reader :unfit

    # @param names [Array<String>] of the profile's `services`
    def initialize(names)
      @names = names
      @closures = {}
      @unfit = {}
      @data = read
    end

    # Call it once all types that the catalog has are loaded.
    # @return [Heal] itself
    def prepare
      whole = @data && CatalogCut.to_ral(@data)
      @names.each { |name| whole ? prepare_one(name, whole) : @unfit[name] = 'this host has no catalog that is new enough' }
      self
    end

    # @return [Array<String>] those that can be healed
    def resources
      @closures.keys
    end

    # @return [Array<String>] what the resources of the catalog are of
    def types
      @data ? @data.resources.map(&:type).uniq.grep_v(/::|\A(Class|Node|Stage)\z/) : []
    end

    # The catalog as it lies on this host, of another node or gone or old: nil.
    def self.file
      cache = Puppet::Resource::Catalog.indirection.cache
      cache.path(Puppet[:node_name_value]) if cache.respond_to?(:path)
    end

    # Takes Puppet's lock, and keeps it: the ordinary run of the same process follows.
    # @return [Boolean] whether it has the lock
    def apply(names, stamps, job_id:, report_file:)
      kept = names.flat_map { |name| @closures.fetch(name) }.uniq
      client = HealClient.new(CatalogCut.convert(@data, kept), stamps, report_file)
      agent = LockKeepingAgent.new(client, false)
      agent.run(job_id: job_id, start_time: Time.now, waitforcert: 0, splay: false)
      agent.locked?
    end

    private

    def prepare_one(name, whole)
      found = Closure.of(name, whole, @data)
      return @unfit[name] = found if found.is_a?(String)

      CatalogCut.convert(@data, found)
      @closures[name] = found
    rescue Puppet::Error => e
      @unfit[name] = e.message[0, 200]
    rescue StandardError => e
      # what Ruby says itself may show values of the catalog
      @unfit[name] = e.class.name
    end

    def read
      file = self.class.file
      return unless file && File.exist?(file) && Time.now - File.mtime(file) < CATALOG_RUN_INTERVALS * Puppet[:runinterval]

      Puppet::Resource::Catalog.indirection.find(
        Puppet[:node_name_value], ignore_terminus: true, environment: Puppet::Node::Environment.remote(Puppet[:environment])
      )
    rescue StandardError => e
      Puppet.debug("kickd standby: no catalog: #{e.message}")
      nil
    end
  end
end
