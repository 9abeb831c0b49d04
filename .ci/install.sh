# Functions that install Debian packages if a command is missing. The other scripts in .ci/ source
# this file.

# need COMMAND PACKAGE...: installs the packages immediately if the command is missing.
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null || packages "$@"
}

# want COMMAND PACKAGE...: records the packages if the command is missing. The function
# `install_wanted` installs all recorded packages with one call of apt-get, which takes half the
# time of one call for each package.
wanted=()
want() {
    local command=$1
    shift
    command -v "$command" >/dev/null || wanted+=("$@")
}

install_wanted() {
    [ ${#wanted[@]} = 0 ] || packages "${wanted[@]}"
    wanted=()
}

packages() {
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    if [ -z "${packages_updated:-}" ]; then
        $sudo apt-get update -qq
        export packages_updated=1
    fi
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# cargo_tool NAME VERSION [FLAG]...: installs the command NAME from a crate of the same name into
# target/ci/cargo, unless `NAME --version` already prints VERSION. The flags go to `cargo install`.
cargo_tool() {
    local name=$1 version=$2 command=("$1" --version)
    shift 2
    PATH=$PWD/target/ci/cargo/bin:$PATH
    [[ $name != cargo-* ]] || command=(cargo "${name#cargo-}" --version)
    if ! "${command[@]}" 2>/dev/null | grep -qF "$version"; then
        cargo install --quiet --locked --root target/ci/cargo "$name@$version" "$@"
    fi
}
