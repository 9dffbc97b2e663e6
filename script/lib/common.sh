# common.sh - what the scripts share: where things are, and how a step looks. Sourced, bash.
set -euo pipefail
here=$PWD                     # where the person stands: relative paths of theirs begin there
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top"
export LC_ALL=C.UTF-8
# nginx and ldconfig lie where an ordinary user's PATH on Debian does not look.
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
if [ -t 1 ]; then is_tty=1; else is_tty=0; fi

say() { printf '%s\n' "$*"; }
step() { printf '• %s\n' "$*"; }
# die WHAT [LINES...]: what is wrong, below it what to do.
die() {
    printf 'error: %s\n' "$1" >&2; shift
    [ $# = 0 ] || printf '%s\n' "$@" | sed '/^$/d; s/^/       /' >&2
    exit 1
}

# usage FILE: the comment at the head of a script is its help.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"; }

# bar PERCENT TEXT: redraws one line on a terminal, and says nothing elsewhere.
bar() {
    [ "$is_tty" = 1 ] || return 0
    local n=$(($1 * 30 / 100)) line
    printf -v line '%*s' "$n" ''; line=${line// /█}
    printf '\r\033[K  %-30s %3d%%  %.*s' "$line" "$1" 60 "$2"
}
bar_end() { [ "$is_tty" = 0 ] || printf '\r\033[K'; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi; }

# sudo_home SCRIPT [arguments...]: sudo in one's own clone is for the packages only. The rest goes on
# as the user, so that nothing in the clone becomes root's. Low ports stay allowed.
sudo_home() {
    [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ] && [ "$(stat -c %u "$top")" = "$SUDO_UID" ] || return 0
    command -v setpriv >/dev/null || return 0
    local home; home=$(getent passwd "$SUDO_UID" | cut -d: -f6)
    step "going on as $SUDO_USER, whose clone this is"
    cd "$here"
    exec env -u SUDO_UID -u SUDO_GID -u SUDO_USER -u SUDO_COMMAND HOME="$home" USER="$SUDO_USER" LOGNAME="$SUDO_USER" \
        setpriv --reuid "$SUDO_UID" --regid "$SUDO_GID" --init-groups \
        --inh-caps +net_bind_service --ambient-caps +net_bind_service -- "$@"
}

state=$top/.cache            # stamps, logs and tools of this clone; safe to delete

# must_own: what another user made here (root, mostly) would fail later, in words nobody understands.
must_own() {
    local theirs who
    [ "$(id -u)" != 0 ] || return 0
    who=$(id -un 2>/dev/null || id -u)
    [ -w "$top" ] || die "$who may not write in $top, which belongs to $(stat -c %U "$top")" \
        "Work in a clone of your own, or be $(stat -c %U "$top")."
    theirs=$(find "$state" build data web/node_modules web/viewer/dist test/node_modules -maxdepth 2 \
        ! -user "$(id -u)" -print -quit 2>/dev/null) || true
    [ -z "$theirs" ] || die "${theirs#"$top"/} belongs to $(stat -c %U "$theirs"): this was run here as $(stat -c %U "$theirs") before, and $who cannot go on with it" \
        "Make all of it yours (stop Matinee first if it runs):" \
        "  sudo chown -R $who: '$top'" \
        "or go on as $(stat -c %U "$theirs")."
}

# disk_full: says so when it is; what fails then fails with many words.
disk_full() {
    local free
    free=$(df -Pk "$top" | awk 'NR == 2 {print $4}')
    [ "$free" -lt 65536 ] || return 0
    printf 'the disk is full: %s MB are free on %s\n' "$((free / 1024))" "$(df -P "$top" | awk 'NR == 2 {print $6}')"
    printf 'Packages want 4 GB, the build and the demonstration catalogue 1 GB, the tests 2 GB more.\n'
}

# fail_logged LOG LINES WHAT: the end of a log, and where the rest is.
fail_logged() {
    tail -n "$2" "$1" >&2
    die "$3" "$(disk_full)" "The whole output is in ${1#"$top"/}."
}

# run_logged LOG COMMAND...: output goes to LOG, whose end is shown when the command fails.
run_logged() {
    local log=$1; shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null || fail_logged "$log" 60 "failed: $*"
}

# give_back: sudo in one's own clone leaves nothing of root's behind.
give_back() {
    [ "$(id -u)" = 0 ] && [ "${SUDO_UID:-0}" != 0 ] && [ "$(stat -c %u "$top")" = "$SUDO_UID" ] || return 0
    chown -R --from=root "$SUDO_UID:$SUDO_GID" "$state"
}

must_own
mkdir -p "$state/log" || die "cannot write in $top" "$(disk_full)"
give_back

# Someone else's clone: git refuses to answer inside sudo. Only reading is asked of it.
git_here() { git -c safe.directory="$top" -C "$top" "$@"; }

# tree_stamp PATH...: one hash over names, sizes and times of the files below, to skip what is done.
tree_stamp() {
    find "$@" \( -name node_modules -o -name dist \) -prune -o -type f -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum | cut -c1-32
}

# once NAME ARTEFACT STAMP COMMAND...: runs the command unless it ended well before with this stamp
# and what it made is still there.
once() {
    local name=$1 artefact=$2 stamp=$3; shift 3
    [ -e "$artefact" ] && [ "$(cat "$state/$name" 2>/dev/null)" = "$stamp" ] && return 0
    "$@"
    printf '%s\n' "$stamp" >"$state/$name"
}

# node_fits NODE WANT: is it at least that version?
node_fits() {
    local v
    [ -x "$1" ] || return 1
    v=$("$1" --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p')
    [ -n "$v" ] && [ "$v" -ge "$2" ]
}

# Puts a Node of at least $1 first in PATH: the one there is, the distribution's (bootstrap sees to
# 18), or the one that npm itself carries (test/package-lock.json pins it).
use_node() {
    local want=$1 n
    for n in "$(command -v node || true)" /usr/bin/node "$top"/test/node_modules/node-linux-*/bin/node; do
        node_fits "$n" "$want" || continue
        PATH=$(dirname "$n"):$PATH; export PATH
        return 0
    done
    die "there is no Node of version $want or later" \
        "script/bootstrap installs the distribution's; \"npm ci\" in test/ brings a newer one for the tests."
}

npm_install() { # FOLDER
    run_logged "$state/log/npm-$(echo "$1" | tr / -).log" npm --prefix "$top/$1" ci --no-audit --no-fund --loglevel=error
}
