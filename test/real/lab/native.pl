# The system calls that a stranger's own machine code would make from inside the listener (x86-64 numbers).
# Prints one JSON object: what was tried => "blocked: ERROR" or "DONE".
use strict;
use warnings;

my $target = $ARGV[0];
my $file = "/etc/passwd\0";
my $buffer = "\0" x 64;
my @attempts = (
    ['ptrace another process', 101, 16, $target, 0, 0],
    ['read the memory of another process', 310, $target, $buffer, 1, $buffer, 1, 0],
    ['map memory that is writable and executable', 9, 0, 4096, 7, 0x22, -1, 0],
    ['make memory executable', 10, 0x10000, 4096, 5],
    ['make a program in memory', 319, $file, 0],
    ['open an internet socket', 41, 2, 1, 0],
    ['open an IPv6 socket', 41, 10, 2, 0],
    ['open a raw socket', 41, 2, 3, 1],
    ['open a netlink socket', 41, 16, 3, 0],
    ['open a packet socket', 41, 17, 3, 0],
    ['leave its namespaces', 272, 0x10000000],
    ['enter those of systemd', 308, 0, 0],
    ['mount', 165, $file, $file, $file, 0, 0],
    ['pivot the root', 155, $file, $file],
    ['change the root', 161, $file],
    ['load a kernel module', 313, 0, $file, 0],
    ['load a BPF program', 321, 5, $buffer, 64],
    ['load another kernel', 246, 0, 0, 0, 0],
    ['use a key ring', 250, 0, -3, 1],
    ['set the clock', 164, $buffer, 0],
    ['set the name of the host', 170, $file, 4],
    ['restart the machine', 169, 0xfee1dead, 672274793, 0x1234567, 0],
    ['become root', 105, 0],
    ['take a higher priority', 141, 0, 0, -20],
    ['write with asynchronous rings', 425, 8, $buffer],
    ['watch system calls', 298, $buffer, 0, -1, -1, 0],
    ['handle page faults of its own', 323, 0],
);
my @results;
for my $attempt (@attempts) {
    my ($name, $number, @arguments) = @$attempt;
    # numbers must be numbers for syscall(), texts stay texts
    my $result = syscall($number, map { /^-?\d+$/ ? int($_) : $_ } @arguments);
    my $error = $!;
    push @results, sprintf '"%s": "%s"', $name, $result == -1 ? "blocked: $error" : 'DONE';
}
print STDERR 'INTRUDER {', join(', ', @results), "}\n";
