# Other scripts source this file. Its functions install Debian packages if a command is missing.

# need COMMAND PACKAGE...: installs the packages at once if the command is missing.
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null || packages "$@"
}

# want COMMAND PACKAGE...: records the packages if the command is missing. `install_wanted` installs
# all recorded packages in one call, which takes half the time of one call for each.
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
