# frozen_string_literal: true

require 'socket'

module KickdStandby
  # What a process that loaded its files a while ago was made of, and whether a new one would be made of the same.
  class Stamps
    # @param files [Array<String>] each as it is now, also one that is not there
    # @param trees [Array<String>] folders: a file more counts as well
    # @param quick [String, nil] the one of the files that changes most often
    def initialize(files, trees, quick: nil)
      @trees = trees
      @before = now(files)
      @quick = quick
    end

    # @return [Boolean] whether the one that changes most often is not what it was
    def quick_changed
      !@quick.nil? && stamp(@quick) != @before[@quick]
    end

    # @return [String, nil] the first thing that is not what it was
    def changed
      is = now(@before.keys.grep(%r{\A/}))
      (is.keys | @before.keys).find { |name| is[name] != @before[name] }
    end

    # What changed while it was being loaded: nobody can tell which of the two was.
    # @param loaded [Array<String>] what must be there: a file that was loaded and is gone has changed too
    # @return [String, nil] the first of them
    def newer_than(time, loaded)
      gone = loaded.find { |file| @before[file].nil? }
      return gone if gone

      @before.keys.grep(%r{\A/}).find do |file|
        File.stat(file).ctime.between?(time, Time.now)
      rescue SystemCallError
        false
      end
    end

    private

    def now(files)
      inside = @trees.flat_map do |tree|
        Dir.glob('**/*', File::FNM_DOTMATCH, base: tree).map { |file| File.join(tree, file) }
      end
      (files + @trees + inside).uniq.to_h { |file| [file, stamp(file)] }.merge('the name of the host' => Socket.gethostname)
    end

    def stamp(file)
      found = File.stat(file)
      [found.dev, found.ino, found.size, found.mtime.to_r, found.mode, found.uid]
    rescue SystemCallError
      nil
    end
  end
end
