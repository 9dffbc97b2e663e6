# common.sh - what the scripts share: where things are, and how a step looks. Sourced, bash.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top"
export LC_ALL=C.UTF-8
if [ -t 1 ]; then is_tty=1; else is_tty=0; fi

say() { printf '%s\n' "$*"; }
step() { printf '• %s\n' "$*"; }
die() { printf 'error: %s\n' "$1" >&2; shift; for l in "$@"; do printf '       %s\n' "$l" >&2; done; exit 1; }

# bar PERCENT TEXT: redraws one line on a terminal, and says nothing elsewhere.
bar() {
    [ "$is_tty" = 1 ] || return 0
    local n=$(($1 * 30 / 100)) line
    printf -v line '%*s' "$n" ''; line=${line// /█}
    printf '\r\033[K  %-30s %3d%%  %.*s' "$line" "$1" 60 "$2"
}
bar_end() { [ "$is_tty" = 0 ] || printf '\r\033[K'; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo --preserve-env=DEBIAN_FRONTEND "$@"
    else die "this needs root: $*" "Run the script as root, or install sudo."; fi
}

# run_logged LOG COMMAND...: output goes to LOG, whose end is shown when the command fails.
run_logged() {
    local log=$1; shift
    mkdir -p "$(dirname "$log")"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        printf '\n'; tail -n 60 "$log" >&2
        die "failed: $*" "The whole output is in ${log#"$top"/}."
    fi
}

state=$top/.cache            # stamps and tools of this clone; safe to delete
mkdir -p "$state"

# Someone else's clone: git refuses to answer inside sudo. Only reading is asked of it.
git_here() { git -c safe.directory="$top" -C "$top" "$@"; }

# tree_stamp PATH...: one hash over names, sizes and times of the files below, to skip what is done.
tree_stamp() {
    find "$@" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort | sha256sum | cut -c1-32
}

# once NAME ARTEFACT STAMP COMMAND...: runs the command unless it ended well before with this stamp
# and what it made is still there.
once() {
    local name=$1 artefact=$2 stamp=$3; shift 3
    [ -e "$artefact" ] && [ "$(cat "$state/$name" 2>/dev/null)" = "$stamp" ] && return 0
    "$@"
    printf '%s\n' "$stamp" >"$state/$name"
}

node_major() { "$1" --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p'; }

# Puts a Node of at least $1 first in PATH: the one there is, the distribution's, or npm's own.
use_node() {
    local want=$1 n v
    for n in "$(command -v node || true)" /usr/bin/node "$state"/node/node_modules/node-linux-*/bin/node; do
        [ -x "$n" ] || continue
        v=$(node_major "$n")
        if [ -n "$v" ] && [ "$v" -ge "$want" ]; then
            PATH=$(dirname "$n"):$PATH; export PATH
            return 0
        fi
    done
    command -v npm >/dev/null || die "npm is missing" "Run script/bootstrap first."
    local arch; case $(uname -m) in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
    step "a Node of version $want or later, from npm (the one installed is older)"
    run_logged "$state/log/node.log" npm install --no-save --no-audit --no-fund --prefix "$state/node" "node-linux-$arch@22"
    PATH=$state/node/node_modules/node-linux-$arch/bin:$PATH; export PATH
}

npm_install() { # FOLDER
    run_logged "$state/log/npm-$(echo "$1" | tr / -).log" npm --prefix "$top/$1" ci --no-audit --no-fund --loglevel=error
}
