# Completes `cargo testprog` like `cargo-testprog`. Passes other command lines of `cargo` on to the
# function that completed `cargo` before.
_cargo_testprog_in_cargo() {
    local at=1 loader
    [[ "${COMP_WORDS[1]}" != +* ]] || at=2
    if [[ "${COMP_WORDS[at]}" == testprog && COMP_CWORD -gt at ]]; then
        local -a words=(cargo-testprog "${COMP_WORDS[@]:at+1}")
        local -a COMP_WORDS=("${words[@]}")
        local COMP_CWORD=$((COMP_CWORD - at))
        compopt -o bashdefault -o default 2>/dev/null
        _cargo_testprog cargo-testprog "$2" "$3"
        return
    fi
    if [[ -z "$_cargo_testprog_other" ]]; then
        # bash-completion loads the file of a command only if the command has no completion yet.
        for loader in _comp_load _completion_loader; do
            ! declare -F "$loader" >/dev/null || { "$loader" cargo; break; }
        done
        _cargo_testprog_register
    fi
    [[ -z "$_cargo_testprog_other" ]] || "$_cargo_testprog_other" "$@"
}

# Registers the function above, with the options of the completion that was registered for `cargo`.
_cargo_testprog_register() {
    local spec other
    spec=$(complete -p cargo 2>/dev/null) || spec="complete -F _cargo_testprog_in_cargo cargo"
    [[ "$spec" =~ " -F "([^ ]+) ]] || return
    other=${BASH_REMATCH[1]}
    [[ "$other" == _cargo_testprog_in_cargo ]] || _cargo_testprog_other=$other
    eval "${spec/ -F $other / -F _cargo_testprog_in_cargo }"
}
_cargo_testprog_register
