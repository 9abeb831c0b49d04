# Completes `cargo testprog` like `cargo-testprog`.
function __fish_cargo_testprog_in_cargo
    complete -C (string replace -r '^\s*cargo\s+(\+\S+\s+)?testprog(?=\s)' cargo-testprog -- (commandline -cp))
end
complete -c cargo -n "__fish_seen_subcommand_from testprog" -f -a "(__fish_cargo_testprog_in_cargo)"
