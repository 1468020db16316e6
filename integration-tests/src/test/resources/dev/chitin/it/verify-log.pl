#!/usr/bin/perl
# Checks an export of an audit log (C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-proof) with
# nothing but SHA-256 and the openssl program. Shares no code with the log.
#   verify-log.pl DIR VKEY [EARLIER-CHECKPOINT]
# VKEY may hold several keys of the log, with white space between them: one of them has to have signed.
# Exit code 0 when everything holds, 6 when something does not, 2 for anything else.
use strict;
use warnings;
use Digest::SHA qw(sha256);
use File::Find;
use File::Temp qw(tempdir);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);

my ($dir, $vkey, $since) = @ARGV;
defined $vkey or die2('usage: verify-log.pl DIR VKEY [EARLIER-CHECKPOINT]');
my $temp = tempdir(CLEANUP => 1);

sub die2 { print STDERR "$_[0]\n"; exit 2 }
sub reject { print "REJECTED: $_[0]\n"; exit 6 }

sub slurp {
  my ($path) = @_;
  open(my $in, '<:raw', $path) or return undef;
  local $/;
  my $all = <$in>;
  return defined $all ? $all : '';
}

sub base64 {
  my ($text) = @_;
  my $bytes = decode_base64($text);
  reject("not base64: $text") unless encode_base64($bytes, '') eq $text;
  return $bytes;
}

# Each key in the form that openssl reads (RFC 8410), by its id; all have the log's name.
my ($name, %keys);
for my $one (split ' ', $vkey) {
  my ($of, $id, $key) = $one =~ /\A([^+ ]+)\+([0-9a-f]{8})\+([A-Za-z0-9+\/=]+)\z/ or die2('no verifier key');
  my $typed = base64($key);
  die2('not an Ed25519 key') unless length($typed) == 33 && substr($typed, 0, 1) eq "\x01";
  die2('the key id is wrong') unless unpack('H8', sha256("$of\n$typed")) eq $id;
  die2('the keys are of several logs') if defined $name && $name ne $of;
  $name = $of;
  $keys{$id} = "$temp/$id.der";
  open(my $der, '>:raw', $keys{$id}) or die2('no temporary file');
  print $der pack('H*', '302a300506032b6570032100') . substr($typed, 1);
  close $der;
}
defined $name or die2('no verifier key');

sub signed {
  my ($key, $text, $signature) = @_;
  for (['text', $text], ['sig', $signature]) {
    open(my $out, '>:raw', "$temp/$_->[0]") or die2('no temporary file');
    print $out $_->[1];
    close $out;
  }
  open(my $run, '-|', 'openssl', 'pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', $key,
    '-rawin', '-in', "$temp/text", '-sigfile', "$temp/sig") or die2('openssl does not run');
  my $said = join('', <$run>);
  close $run;
  return $? == 0 && $said =~ /Verified Successfully/;
}

# Reads a signed checkpoint: (size, root).
sub checkpoint {
  my ($note, $what) = @_;
  defined $note or reject("$what is missing");
  my ($text, $lines) = $note =~ /\A(.*\n)\n((?:\xe2\x80\x94 [^ \n]+ [A-Za-z0-9+\/=]+\n)+)\z/s or reject("$what is no note");
  my ($origin, $size, $root) = $text =~ /\A([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+\/=]{44})\n\z/ or reject("$what is no checkpoint");
  reject("$what is of the log $origin") unless $origin eq $name;
  my $good = 0;
  for my $line (split /\n/, $lines) {
    my ($by, $blob) = $line =~ /\A\xe2\x80\x94 ([^ ]+) (.*)\z/;
    my $bytes = base64($blob);
    my $key = $by eq $name ? $keys{unpack('H8', $bytes)} : undef;
    next unless defined $key;
    reject("the signature of $what is wrong") unless length($bytes) == 68 && signed($key, $text, substr($bytes, 4));
    $good = 1;
  }
  reject("$what is not signed by a known key") unless $good;
  return ($size, base64($root));
}

my ($size, $root) = checkpoint(scalar slurp("$dir/checkpoint"), 'the checkpoint');
my ($old_size, $old_root);
if (defined $since) {
  ($old_size, $old_root) = checkpoint(scalar slurp($since), 'the earlier checkpoint');
  reject("the checkpoint covers $size entries and is older than one of $old_size") if $old_size > $size;
}

sub tile_name {
  my ($level, $n, $width) = @_;
  my $path = sprintf('%03d', $n % 1000);
  for ($n = int($n / 1000); $n > 0; $n = int($n / 1000)) {
    $path = sprintf('x%03d/', $n % 1000) . $path;
  }
  return "tile/$level/$path" . ($width < 256 ? ".p/$width" : '');
}

# Of a pruned log the entries below the minimum are gone and their hashes stand. The file is not
# signed: an entry that is there has to say so too.
my ($minimum, $recorded) = (0, 0);
my $stated = slurp("$dir/minimum");
if (defined $stated) {
  ($minimum) = $stated =~ /\A([1-9][0-9]{0,17}) [0-9]{1,18}\n\z/ or reject('the minimum is not understood');
  reject('the minimum is not one of this log') if $minimum % 256 != 0 || $minimum > $size;
}

# All entries, in order: leaf hashes.
my %known;
my @leaves;
for (my $n = 0; $n * 256 < $minimum; $n++) {
  my $path = tile_name(0, $n, 256);
  my $tile = slurp("$dir/$path");
  defined $tile && length($tile) == 8192 or reject("$path, hashes of pruned entries, is missing");
  push @leaves, unpack('(a32)256', $tile);
}
for (my $n = $minimum / 256; $n * 256 < $size; $n++) {
  my $width = $size - $n * 256 < 256 ? $size - $n * 256 : 256;
  my $path = tile_name('entries', $n, $width);
  my $bundle = slurp("$dir/$path");
  defined $bundle or reject("$path is missing");
  $known{$path} = 1;
  my $at = 0;
  for my $i (0 .. $width - 1) {
    reject("$path ends early, at entry " . @leaves) if $at + 2 > length $bundle;
    my $length = unpack('n', substr($bundle, $at, 2));
    reject("$path ends early, at entry " . @leaves) if $length == 0 || $at + 2 + $length > length $bundle;
    my $entry = substr($bundle, $at + 2, $length);
    push @leaves, sha256("\0$entry");
    $recorded = pruned($entry, $recorded) if index($entry, '"kind":"LogEvent"') >= 0;
    $at += 2 + $length;
  }
  reject("$path has bytes after its last entry") if $at != length $bundle;
}

reject("entries below $minimum are missing, and no entry records their pruning") if $recorded < $minimum;

# The greatest minimum that an entry records.
sub pruned {
  my ($entry, $greatest) = @_;
  my $event = eval { JSON::PP::decode_json($entry) };
  return $greatest unless ref $event eq 'HASH' && ($event->{kind} // '') eq 'LogEvent' && ($event->{action} // '') eq 'pruned';
  return $greatest unless ($event->{detail} // '') =~ /\Aminimum index ([0-9]{1,18})\z/;
  return $1 > $greatest ? $1 : $greatest;
}

# The root over leaves, by the definition of RFC 6962: full subtrees, folded from the right.
sub root_of {
  my ($count) = @_;
  return sha256('') if $count == 0;
  my (@stack, @heights);
  for my $leaf (@leaves[0 .. $count - 1]) {
    my ($hash, $height) = ($leaf, 0);
    while (@heights && $heights[-1] == $height) {
      pop @heights;
      $hash = sha256("\x01" . pop(@stack) . $hash);
      $height++;
    }
    push @stack, $hash;
    push @heights, $height;
  }
  my $sum = pop @stack;
  $sum = sha256("\x01" . pop(@stack) . $sum) while @stack;
  return $sum;
}

# All tiles of all levels, against the entries. This comes before the root, to name the place.
my @level = @leaves;
for (my $l = 0; @level; $l++) {
  for (my $n = 0; $n * 256 < @level; $n++) {
    my $width = @level - $n * 256 < 256 ? @level - $n * 256 : 256;
    my $path = tile_name($l, $n, $width);
    my $tile = slurp("$dir/$path");
    defined $tile or reject("$path is missing");
    $known{$path} = 1;
    reject("$path is not that of the entries") unless $tile eq join('', @level[$n * 256 .. $n * 256 + $width - 1]);
  }
  my @next;
  for (my $n = 0; ($n + 1) * 256 <= @level; $n++) {
    my @row = @level[$n * 256 .. $n * 256 + 255];
    @row = map { sha256("\x01" . $row[2 * $_] . $row[2 * $_ + 1]) } 0 .. @row / 2 - 1 while @row > 1;
    push @next, $row[0];
  }
  @level = @next;
}
find({ no_chdir => 1, wanted => sub {
  return unless -f $_;
  my $path = substr($_, length("$dir/"));
  reject("$path is beyond the checkpoint") unless $known{$path};
} }, "$dir/tile") if -d "$dir/tile";

reject("the entries do not have the checkpoint's root") unless root_of($size) eq $root;
reject('the log does not extend the earlier checkpoint') if defined $old_size && root_of($old_size) ne $old_root;

# Proofs: RFC 9162 section 2.1.3.2.
my $proofs = 0;
for my $file (glob("$dir/proof/*.tlog-proof")) {
  my $proof = slurp($file);
  my ($index, $hashes, $note) = $proof =~ /\Ac2sp\.org\/tlog-proof\@v1\n(?:extra [^\n]+\n)?index (0|[1-9][0-9]*)\n((?:[A-Za-z0-9+\/=]{44}\n)*)\n(.*)\z/s
    or reject("$file is no proof");
  my ($tree, $top) = checkpoint($note, "the checkpoint of $file");
  (my $json = $file) =~ s/\.tlog-proof\z/.json/;
  my $entry = slurp($json);
  defined $entry or reject("$json is missing");
  my ($fn, $sn, $sum) = ($index, $tree - 1, sha256("\0$entry"));
  reject("$file is of no entry") if $index >= $tree;
  for my $line (split /\n/, $hashes) {
    my $hash = base64($line);
    reject("$file is too long") if $sn == 0;
    if ($fn % 2 == 1 || $fn == $sn) {
      $sum = sha256("\x01$hash$sum");
      while ($fn % 2 == 0 && $fn != 0) { $fn >>= 1; $sn >>= 1 }
    } else {
      $sum = sha256("\x01$sum$hash");
    }
    $fn >>= 1;
    $sn >>= 1;
  }
  reject("$file does not show its entry") unless $sn == 0 && $sum eq $top;
  $proofs++;
}
print "ok: $size entries, $proofs proofs" . ($minimum ? ", pruned below $minimum" : '') . "\n";
