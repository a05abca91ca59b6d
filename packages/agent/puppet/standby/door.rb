# frozen_string_literal: true

require 'json'
require 'socket'

module KickdStandby
  # What the runner hands over.
  Order = Struct.new(:run, :resources)

  # Where the runner asks and hands the run over. Lines, JSON:
  #
  #   {"ask":"ready"}  →  {"standby":"looking"} at once, so that nobody waits for one that cannot answer, then
  #                       {"standby":"ready","pid":1,"mark":"standby-…","resources":["Service[apache2]"],"unfit":{}}
  #                       or {"standby":"stale","because":"…"}
  #   {"run":"ID","resources":["Service[apache2]"]}  →  {"standby":"started"}
  #   {"ask":"leave"}                       →  nothing, the process ends
  #
  # A connection that ends before a run was handed over changes nothing: the next one may.
  class Door
    LINE_BYTES = 16 * 1024
    LEAVE = { 'ask' => 'leave' }.freeze
    RUN = /\A\h{8}-\h{4}-7\h{3}-[89ab]\h{3}-\h{12}\z/.freeze
    LIFE_SECONDS = 24 * 60 * 60
    # a look whether it is still of use, while nobody asks; one at the catalog alone, which each ordinary run renews
    LOOK_EVERY_SECONDS = 60
    GLANCE_EVERY_SECONDS = 5
    # whoever connects says at once what it wants
    ANSWER_SECONDS = 5

    # @param options [Options]
    # @param heal [Heal] what may be asked for
    # @param stamps [Stamps] what tells whether a run that is started now would be the same
    def initialize(options, heal, stamps)
      @options = options
      @path = options.socket
      @heal = heal
      @stamps = stamps
      @loaded_at = seconds
      @looked_at = @loaded_at
    end

    # Listens until a run is handed over.
    # @return [Order, nil] nil: what was loaded is of no use any more
    def wait
      server = listen
      loop do
        order = serve(server.accept) if server.wait_readable(GLANCE_EVERY_SECONDS)
        return order if order
        return nil if useless?
      end
    ensure
      File.unlink(@path) if server && File.exist?(@path)
      server&.close
    end

    private

    def listen
      File.unlink(@path) if File.socket?(@path)
      before = File.umask(0o177)
      UNIXServer.new(@path).tap { |server| server.listen(1) }
    ensure
      File.umask(before)
    end

    def serve(peer)
      return unless peer.getpeereid.first == Process.euid

      while (line = read(peer))
        asked = JSON.parse(line)
        return unless asked.is_a?(Hash)
        return Process.exit!(0) if asked == LEAVE

        order = order_of(asked)
        return take(order, peer) if order

        say(peer, standby: 'looking')
        say(peer, ready)
      end
    rescue JSON::ParserError, SystemCallError
      nil
    ensure
      peer.close
    end

    # From the moment that the file is there the run is this process's, whatever becomes of the runner.
    def take(order, peer)
      File.open(@options.taken_file_of(order.run), File::WRONLY | File::CREAT | File::EXCL, 0o600).close
      begin
        say(peer, standby: 'started')
      rescue SystemCallError
        # the next runner finds the file
      end
      order
    end

    # @return [Order, nil] nil: it is no run, or not one of this standby
    def order_of(asked)
      run, resources = asked.values_at('run', 'resources')
      return unless run.is_a?(String) && RUN.match?(run) && resources.is_a?(Array)

      Order.new(run, resources) if (resources - @heal.resources).empty?
    end

    def ready
      because = stale
      return { standby: 'stale', because: because } if because

      { standby: 'ready', pid: Process.pid, mark: BORN_WITH[:env]['KICKD_RUN'], resources: @heal.resources, unfit: @heal.unfit }
    end

    def useless?
      return true if @stale || @stamps.quick_changed

      seconds - @looked_at >= LOOK_EVERY_SECONDS && (stale || Quiet.short_of_memory?)
    end

    # @return [String, nil] what is not as it was
    def stale
      @looked_at = seconds
      @stale ||= too_old || @stamps.changed
    end

    def too_old
      return 'the time: it was loaded a day ago' if seconds - @loaded_at > LIFE_SECONDS

      'the time: the catalog is older than two run intervals' if @heal.outdated?
    end

    # a clock that nobody sets, and that goes on while the host sleeps
    def seconds
      Process.clock_gettime(Process::CLOCK_BOOTTIME)
    end

    def read(peer)
      return unless peer.wait_readable(ANSWER_SECONDS)

      line = peer.gets("\n", LINE_BYTES)
      line if line&.end_with?("\n")
    end

    def say(peer, answer)
      peer.write("#{JSON.generate(answer)}\n")
    end
  end
end
