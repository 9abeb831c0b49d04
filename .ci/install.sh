# Sourced: installs Debian packages when a command is missing.

# need COMMAND PACKAGE...
need() {
    local command=$1
    shift
    command -v "$command" >/dev/null || packages "$@"
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
