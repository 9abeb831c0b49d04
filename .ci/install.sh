# Sourced: installs Debian packages when a command is missing.

# need COMMAND PACKAGE...: installs the packages now if the command is missing.
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null || packages "$@"
}

# want COMMAND PACKAGE...: notes the packages if the command is missing; `install_wanted` installs
# all of them at once, which takes half the time of one call each.
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
