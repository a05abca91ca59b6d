# frozen_string_literal: true

require_relative 'catalog_cut'
require_relative 'closure'
require_relative 'heal_run'

module KickdStandby
  # The first step of a run: some resources of a catalog that is there already, by Puppet's own transaction.
  class Heal
    # a catalog that an ordinary run would have replaced long ago
    MOST_RUN_INTERVALS = 2

    # The catalog that this host applied last, as it lies on disk; of another node, gone or not readable: none.
    # @param names [Array<String>] of the profile's `services`
    def self.of_cached_catalog(names)
      cache = Puppet::Resource::Catalog.indirection.cache
      file = cache.path(Puppet[:node_name_value]) if cache.respond_to?(:path)
      return new(names, nil, file) unless file && File.exist?(file)

      made_at = File.mtime(file)
      data = Puppet::Resource::Catalog.indirection.find(
        Puppet[:node_name_value], ignore_terminus: true, environment: Puppet::Node::Environment.remote(Puppet[:environment])
      )
      new(names, data, file, made_at)
    rescue StandardError => e
      Puppet.debug("kickd standby: no catalog: #{e.message}")
      new(names, nil, file)
    end

    # @return [Hash{String => String}] resources that cannot be healed this way, and why not
    attr_reader :unfit
    # @return [String, nil] where the catalog lies
    attr_reader :file

    # @param names [Array<String>] of the profile's `services`
    # @param data [Puppet::Resource::Catalog, nil] as it was compiled or read
    def initialize(names, data, file = nil, made_at = Time.now)
      @names = names
      @data = data
      @file = file
      @made_at = made_at
      @closures = {}
      @unfit = {}
    end

    # Call it once all types that the catalog has are loaded.
    # @return [Heal] itself
    def prepare
      whole = @data && !old? && CatalogCut.whole(@data)
      @names.each { |name| whole ? prepare_one(name, whole) : @unfit[name] = 'this host has no catalog that is new enough' }
      self
    rescue StandardError => e
      # the ordinary run will say what is wrong with it
      @names.each { |name| @unfit[name] = "the catalog does not convert: #{words_of(e)}" }
      self
    end

    # @return [Boolean] what could be healed when it was loaded may be so no more
    def outdated?
      resources.any? && old?
    end

    # @return [Boolean] of a catalog that says no more how this host should be
    def old?
      !@data.nil? && (Time.now - @made_at).abs > MOST_RUN_INTERVALS * Puppet[:runinterval]
    end

    # @return [Array<String>] those that can be healed
    def resources
      @closures.keys
    end

    # @return [Array<String>] what the resources of the catalog are of
    def types
      @data ? @data.resources.map(&:type).uniq.grep_v(/::|\A(Class|Node|Stage)\z/) : []
    end

    # With `locked` it takes Puppet's lock, and keeps it: the ordinary run of the same process follows.
    # @return [Boolean] whether a run may go on here
    def apply(names, stamps, job_id:, report_file:, locked:)
      kept = names.flat_map { |name| @closures.fetch(name) }.uniq
      catalog = CatalogCut.convert(@data, kept)
      client = HealClient.new(catalog, stamps, report_file, @file ? 'explicitly_requested' : 'not_used')
      options = { job_id: job_id, start_time: Time.now, waitforcert: 0, splay: false }
      unless locked
        client.new(nil, job_id).run(options)
        return true
      end

      take_lock_and_run(client, options)
    end

    private

    # Whatever kept Puppet from its lock, the ordinary run says it; unless the time to wait for it is over.
    def take_lock_and_run(client, options)
      patient_until = Process.clock_gettime(Process::CLOCK_MONOTONIC) + Puppet[:maxwaitforlock]
      agent = LockKeepingAgent.new(client, false)
      agent.run(options)
      agent.locked? || Process.clock_gettime(Process::CLOCK_MONOTONIC) < patient_until
    end

    def prepare_one(name, whole)
      found = Closure.of(name, whole, @data)
      return @unfit[name] = found if found.is_a?(String)

      CatalogCut.convert(@data, found)
      @closures[name] = found
    rescue StandardError => e
      @unfit[name] = words_of(e)
    end

    # Not the message: it may show values of the catalog.
    def words_of(error)
      place = error.respond_to?(:file) && error.file ? " at #{error.file}:#{error.line}" : ''
      "#{error.class.name}#{place}"
    end
  end
end
