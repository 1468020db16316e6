# Shared by the scripts beside it: finding a JDK 25, building, and leaving root behind.
# POSIX sh; sourced with $root set to the repository or distribution.

user=chitin
cgroup=chitin

say() { printf 'chitin: %s\n' "$*" >&2; }
die() { say "$1"; shift; for line in "$@"; do printf '  %s\n' "$line" >&2; done; exit 2; }

# The major version of a java program, by the file beside it or else by what it says of itself.
java_major() {
  release=$(dirname "$(dirname "$(readlink -f "$1")")")/release
  major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$release" 2>/dev/null || true)
  [ -n "$major" ] || major=$("$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  printf '%s\n' "$major"
}

# Sets java_home to a JDK 25 or newer.
find_java() {
  for candidate in "${CHITIN_JAVA:-}" "${JAVA_HOME:+$JAVA_HOME/bin/java}" \
      "$(command -v java 2>/dev/null || true)" \
      /usr/lib/jvm/*/bin/java /opt/*/bin/java /usr/local/*/bin/java "$HOME"/.sdkman/candidates/java/*/bin/java; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      major=$(java_major "$candidate")
      if [ -n "$major" ] && [ "$major" -ge 25 ]; then
        java=$candidate
        java_home=$(dirname "$(dirname "$(readlink -f "$candidate")")")
        return
      fi
    fi
  done
  die "no JDK 25 or newer was found." \
      "Install one (a JDK 25 under /usr/lib/jvm is found by itself), or set CHITIN_JAVA to its bin/java."
}

# Runs Maven on the JDK 25, so that the formatter runs too.
maven() {
  command -v mvn >/dev/null 2>&1 || die "Maven is needed to build and was not found." "Install it: apt-get install maven"
  (cd "$root" && JAVA_HOME="$java_home" \
    MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}" \
    mvn -B -ntp -Dstyle.color=never "$@")
}

# Notes that lib/ is as new as the sources, with an id of what is in it.
mark_built() {
  rm -f "$root/lib/chitin.aot" # Valid for other jars.
  (cd "$root/lib" && cat ./*.jar | sha256sum | cut -c1-16) >"$root/lib/.built"
}

# Builds lib/ when it is missing or older than the sources. A distribution has no sources; tests that
# run inside a build say that lib/ is made already.
build() {
  if [ -f "$root/pom.xml" ] && [ -z "${CHITIN_SKIP_BUILD:-}" ]; then
    if [ ! -f "$root/lib/.built" ] || [ -n "$(find "$root"/pom.xml "$root"/*/pom.xml "$root"/*/src/main -newer "$root/lib/.built" -print 2>/dev/null | head -n 1)" ]; then
      say "building (the first time fetches the libraries; this takes a minute or two)"
      maven -q -Dmaven.test.skip=true -pl gateway-api -am package >&2 || die "the build failed; see above."
      mark_built
    fi
  fi
  [ -d "$root/lib" ] || die "there is neither lib/ nor the sources to build it from in $root."
}

# Installs Debian packages that are missing, with $install_options; only root can.
need_packages() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return
  say "installing$missing"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # a list of names
  apt-get install -y -qq ${install_options:-} $missing >/dev/null 2>&1 ||
    { apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq ${install_options:-} $missing >/dev/null; } ||
    die "could not install$missing." "Install it by hand: apt-get install$missing"
}

# The unprivileged user that serves; its home is $user_home.
need_user() {
  if ! getent passwd "$user" >/dev/null; then
    say "making the system user $user: the gateway never serves as root"
    useradd --system --create-home --home-dir "/var/lib/$user" --shell /usr/sbin/nologin "$user" ||
      die "could not make the user $user."
  fi
  user_home=$(getent passwd "$user" | cut -d: -f6)
}

# Gives the user one control group in each hierarchy, for the limits of whole process trees.
delegate_cgroups() {
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    group=/sys/fs/cgroup/$cgroup
    mkdir -p "$group/gateway" 2>/dev/null || return 0
    for controller in memory pids cpu; do
      echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || true
      echo "+$controller" >"$group/cgroup.subtree_control" 2>/dev/null || true
    done
    chown "$user:" "$group" "$group"/cgroup.* "$group/gateway" "$group/gateway"/cgroup.* 2>/dev/null || true
    # The gateway has to live inside its subtree to move its children there.
    echo $$ >"$group/gateway/cgroup.procs" 2>/dev/null || true
  else
    # Version 1: memory, processes, rate and count of CPU time; some mount the last two together.
    for controller in memory pids cpu cpuacct; do
      group=/sys/fs/cgroup/$controller/$cgroup
      if mkdir -p "$group" 2>/dev/null; then
        chown "$user:" "$group" "$group"/* 2>/dev/null || true
      fi
    done
  fi
}

# Runs a command as the user, with an environment that holds nothing of root's but CHITIN_* and the terminal.
as_user() {
  variables=$(env | sed -n 's/^\(CHITIN_[A-Za-z0-9_]*\|LANG\|LC_[A-Z]*\|TERM\|TZ\|CI\)=.*/\1/p')
  for variable in $variables; do
    eval "value=\$$variable"
    set -- "$variable=$value" "$@"
  done
  exec setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs --inh-caps=-all -- \
    env -i HOME="$user_home" PATH="/usr/local/bin:/usr/bin:/bin" "$@"
}
