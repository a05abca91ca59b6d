# psych-reports.rb SEED COUNT: random reports as Ruby itself writes them, with what they hold, as JSON.
require 'yaml'
require 'json'

module Puppet
  class Thing
    def initialize(values) = values.each { |key, value| instance_variable_set("@#{key}", value) }
  end
  module Transaction
    class Report < Thing; end
    class Event < Thing; end
  end
  module Resource
    class Status < Thing; end
  end
  module Util
    class Log < Thing; end
  end
end

RANDOM = Random.new(ARGV[0].to_i)
PARTS = [
  'failed: true', 'status: success', '- level: err', 'resource_statuses:', '---', '...', '- - -', '{"a": [[', '"', "'", '\\', '#', ' # x',
  ': ', '|-', '>', '&a b', '*a', '? ', 'Dienst läuft nicht', '日本', "\e[31mred\e[0m", "\t", 'true', 'x' * 90, 'word ' * 30,
  "\xe4\xf6".dup.force_encoding('BINARY'), 'läuft'.dup.force_encoding('BINARY')
].freeze

def one_of(list) = list[RANDOM.rand(list.size)]

def text
  parts = Array.new(RANDOM.rand(1..5)) { one_of(PARTS) }
  glue = one_of(['', ' ', "\n", "\n\n", "\n  "])
  binary = parts.any? { |part| part.encoding == Encoding::BINARY }
  parts = parts.map { |part| part.dup.force_encoding('BINARY') } if binary
  parts.join(glue)
end

# What kickd makes of a value: text, of bytes that are no UTF-8 Latin-1.
def shown(value)
  utf8 = value.to_s.dup.force_encoding('UTF-8')
  utf8.valid_encoding? ? utf8 : value.dup.force_encoding('ISO-8859-1').encode('UTF-8')
end

def report
  objects = RANDOM.rand(2).zero?
  shared = text
  event = lambda {
    { 'audited' => false, 'property' => one_of(%w[ensure mode]), 'previous_value' => (objects ? :stopped : text),
      'desired_value' => one_of([shared, text]), 'message' => text, 'status' => one_of(%w[success noop failure]),
      'corrective_change' => one_of([true, false]) }
  }
  resources = Array.new(RANDOM.rand(5)) {
    title = one_of([shared, text, text])
    [title, { 'title' => title, 'file' => shared, 'resource' => title, 'failed' => one_of([true, false]), 'tags' => [text, shared],
              'events' => Array.new(RANDOM.rand(3)) { event.call }, 'corrective_change' => false }]
  }.to_h
  logs = Array.new(RANDOM.rand(4)) {
    level = one_of(%w[err notice])
    { 'level' => (objects ? level.to_sym : level), 'message' => one_of([shared, text]), 'source' => 'Puppet', 'tags' => [shared] }
  }
  version = one_of(['1e5', '0123', '12345678', '2026-11-26', 'yes', '~', 123, text])
  as = ->(kind, values) { objects ? kind.new(values) : values }
  whole = {
    'host' => 'a', 'configuration_version' => version, 'status' => 'changed', 'transaction_completed' => true, 'noop' => false,
    'logs' => logs.map { |log| as.call(Puppet::Util::Log, log) }, 'metrics' => {},
    'resource_statuses' => resources.transform_values { |values|
      events = values['events'].map { |one| as.call(Puppet::Transaction::Event, one) }
      as.call(Puppet::Resource::Status, values.merge('events' => events))
    },
    'corrective_change' => false, 'job_id' => 'j'
  }
  changes = lambda { |status|
    resources.values.flat_map { |resource|
      resource['events'].select { |one| one['status'] == status }.map { |one|
        { resource: shown(resource['resource']), property: one['property'], from: shown(one['previous_value']),
          to: shown(one['desired_value']), corrective: one['corrective_change'] }
      }
    }
  }
  error = logs.find { |log| log['level'].to_s == 'err' }
  { yaml: [YAML.dump(as.call(Puppet::Transaction::Report, whole))].pack('m0'), version: shown(version),
    corrected: changes.call('success'), pending: changes.call('noop'),
    failed: resources.values.select { |one| one['failed'] }.map { |one| shown(one['resource']) }, error: error && shown(error['message']) }
end

puts JSON.generate(Array.new(ARGV[1].to_i) { report })
