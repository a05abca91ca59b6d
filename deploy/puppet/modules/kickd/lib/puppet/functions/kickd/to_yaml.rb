require 'yaml'

# @summary A value as YAML, without keys that are undef at the top level.
Puppet::Functions.create_function(:'kickd::to_yaml') do
  dispatch :to_yaml do
    param 'Hash', :value
    return_type 'String'
  end

  def to_yaml(value)
    value.reject { |_key, entry| entry.nil? }.to_yaml
  end
end
