# @summary What kickd::agent and kickd::kicker share: the folder of configuration, and where
#   programs come from.
#
# Declared by both; nobody needs to name it, but its parameters can be set in Hiera.
#
# @param install
#   `package`: install a package; `none`: the program is there already (another tool put it there)
# @param package_ensure
#   the state of the packages, or their version
class kickd (
  Enum['package', 'none'] $install = 'package',
  String[1] $package_ensure = 'installed',
) {
}
