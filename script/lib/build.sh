# build.sh - the builds that server, test, bench and fuzz share. Sourced after common.sh.

# build_c FOLDER [meson options...]: configures once, then builds; a changed option list configures anew.
build_c() {
    local dir=$1; shift
    local want="$* CC=${CC:-}"
    if [ "$(cat "$dir/.options" 2>/dev/null)" != "$want" ] || [ ! -f "$dir/build.ninja" ]; then
        rm -rf "$dir"
        run_logged "$state/log/$(basename "$dir")-setup.log" meson setup "$dir" "$@"
        printf '%s\n' "$want" >"$dir/.options"
    fi
    ninja_with_bar "$dir"
}

ninja_with_bar() {
    local dir=$1 log code=0
    log=$state/log/$(basename "$dir").log
    mkdir -p "$state/log"
    if [ "$is_tty" = 1 ]; then
        NINJA_STATUS='@%p ' ninja -C "$dir" 2>&1 | tee "$log" | while read -r line; do
            case $line in @*) p=${line#@}; p=${p%%%*}; bar "$((${p// /}))" "${line##*/}" ;; esac
        done || code=$?
        bar_end
    else
        ninja -C "$dir" >"$log" 2>&1 || code=$?
    fi
    if [ "$code" != 0 ]; then
        grep -E -A12 'error:|FAILED' "$log" >&2 || tail -n 40 "$log" >&2
        fail_logged "$log" 0 "the build failed"
    fi
}

# Everything with clang under ASan and UBSan: the program, the unit tests and the fuzz targets, which want the counters of coverage.
build_asan() {
    CC=clang build_c "$top/build/asan" -Db_sanitize=address,undefined -Db_lundef=false -Dwerror=true -Doptimization=1 \
        -Dfuzz=true -Dc_args=-fsanitize=fuzzer-no-link
}

build_module() { # FOLDER
    run_logged "$state/log/module.log" edge/build "$1"
}

# The program, optimised, and the delivery module: for server and bench.
build_all_c() {
    step "building"
    build_c "$top/build/release" --buildtype=release -Db_ndebug=false -Dtests=false
    build_module "$top/build/release/edge"
}

build_web() {
    use_node 18
    once web-deps web/node_modules "$(sha256sum web/package-lock.json)" web_deps
    once web-dist web/console/dist/console/index.html "$(tree_stamp web)" web_dist
}
web_deps() {
    step "web packages"
    npm_install web
}
web_dist() {
    step "the web apps"
    run_logged "$state/log/web-build.log" npm --prefix web run build
}

# The demonstration, which sells, in a folder of its own, for pictures and measurements of the apps: what test/screens makes of it begins from
# an untouched copy whenever that was not finished, or is another now. $MATINEE_BIN must be built.
demo_house() { # FOLDER
    local plain=$1-plain stamp
    if [ ! -e "$plain/demo.done" ]; then
        step "the demonstration catalogue (once, a few minutes)"
        "$MATINEE_BIN" demo --data "$plain"
        "$MATINEE_BIN" demo --data "$plain" --shop >/dev/null
    fi
    stamp=$(cat test/screens/{art,dress,programme}.ts | sha256sum | cut -c1-32)
    [ -e "$1/dressed" ] && [ "$(cat "$1.stamp" 2>/dev/null)" = "$stamp" ] && return 0
    rm -rf "$1"
    cp -a --reflink=auto "$plain" "$1"
    printf '%s\n' "$stamp" >"$1.stamp"
}
