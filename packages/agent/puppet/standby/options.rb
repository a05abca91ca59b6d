# frozen_string_literal: true

module KickdStandby
  # What kickd's runner says at the start; of its own making, and checked all the same.
  Options = Struct.new(:socket, :logs, :lock, :resources, :of_run, :command, keyword_init: true) do
    # @raise [ArgumentError]
    def self.parse(argv)
      at = argv.index('--') or raise ArgumentError, 'no -- before the command of a run'
      options = new(resources: [], of_run: [], command: argv.drop(at + 1))
      argv.take(at).each { |word| options.take(word) }
      unless options.socket && options.logs && %w[agent apply].include?(options.command[1])
        raise ArgumentError, '--socket=, --logs= and the command of puppet agent or puppet apply are needed'
      end

      options.freeze
    end

    def take(word)
      case word
      when %r{\A--socket=(/.+)\z}m then self.socket = Regexp.last_match(1)
      when %r{\A--lock=(/.+)\z}m then self.lock = Regexp.last_match(1)
      when %r{\A--logs=(/.+)\z}m then self.logs = Regexp.last_match(1)
      when /\A--resource=(.+)\z/m then resources << Regexp.last_match(1)
      when /\A--of-run=(.+)\z/m then of_run << Regexp.last_match(1)
      else raise ArgumentError, "unknown: #{word}"
      end
    end

    # @return [Array<String>] program and arguments of the ordinary run with this id
    def command_of(run)
      program, subcommand, *rest = command
      [program, subcommand, *of_run.map { |argument| argument.gsub('RUN', run) }, *rest]
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
