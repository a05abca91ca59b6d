# frozen_string_literal: true

module KickdStandby
  # What kickd's runner says at the start; of its own making, and checked all the same.
  Options = Struct.new(:socket, :logs, :lock, :resources, :command, keyword_init: true) do
    # @raise [ArgumentError]
    def self.parse(argv)
      at = argv.index('--') or raise ArgumentError, 'no -- before the command of a run'
      command = argv.drop(at + 1)
      options = new(resources: [], command: command)
      argv.take(at).each { |word| options.take(word) }
      unless options.socket && options.logs && options.lock && command[1] == 'agent'
        raise ArgumentError, '--socket=, --logs=, --lock= and the command of puppet agent are needed'
      end
      options.freeze
    end

    def take(word)
      case word
      when %r{\A--socket=(/.+)\z}m then self.socket = Regexp.last_match(1)
      when %r{\A--lock=(/.+)\z}m then self.lock = Regexp.last_match(1)
      when %r{\A--logs=(/.+)\z}m then self.logs = Regexp.last_match(1)
      when /\A--resource=(.+)\z/m then resources << Regexp.last_match(1)
      else raise ArgumentError, "unknown: #{word}"
      end
    end

    # @return [Array<String>] program and arguments of the ordinary run with this id
    def command_of(run)
      [*command, "--job-id=#{run}"]
    end

    def log_of(run)
      File.join(logs, "#{run}.log")
    end

    # there: the run is this process's
    def taken_file_of(run)
      "#{log_of(run)}.taken"
    end

    # the report of the first step, in Puppet's own format
    def heal_report_of(run)
      File.join(logs, "#{run}.heal.yaml")
    end
  end
end
