//! Tests the scripts that complete command lines, in the shells themselves.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use libtest_mimic::Trial;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::{contains, is_empty};

use crate::script::testprog;
use crate::trial::scratch::scratch;
use crate::trial::tools::{Missing, need_tool};

pub(crate) fn trials() -> Vec<Trial> {
    use crate::test_functions::{gated_trial, trials};

    let mut trials = trials![every_shell_has_a_script];
    trials.extend([
        gated_trial!(bash_completes_cargo_testprog, || need_tool("bash", "bash")),
        gated_trial!(zsh_completes_cargo_testprog, need_zsh),
        gated_trial!(fish_completes_cargo_testprog, || need_tool("fish", "fish")),
    ]);
    trials
}

/// Returns the script for a shell.
fn script(shell: &str) -> String {
    let ran = testprog(&["completions", shell]).success().stderr(is_empty());
    String::from_utf8(ran.get_output().stdout.clone()).unwrap()
}

fn every_shell_has_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(script(shell).contains("deadline-scale"), "{shell}");
    }
}

fn bash_completes_cargo_testprog() {
    // `complete -p` prints the name of the completion function after `-F`. The function
    // `_completion_loader` stands for the function of bash-completion, which loads the completion
    // of Cargo.
    let calls = r#"
        complete_line() {
            local at function words=($(complete -p "$1"))
            for at in "${!words[@]}"; do [ "${words[at]}" != -F ] || function=${words[at + 1]}; done
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
            "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
            echo "$*: ${COMPREPLY[*]}"
        }
        complete_line cargo-testprog run --dead
        complete_line cargo testprog --dead
        complete_line cargo +nightly testprog ru
        complete_line cargo testprog --color ''
        complete_line cargo bu
        _completion_loader() {
            _cargo() { COMPREPLY=("$2ild"); }
            complete -o nospace -F _cargo "$1"
        }
        complete_line cargo bu
        complete_line cargo testprog ru
        source "$0.script"
        complete_line cargo bu
        complete -p cargo"#;
    let file = scratch("completions.bash");
    let scripts = file.with_extension("bash.script");
    fs::write(&scripts, script("bash")).unwrap();
    fs::write(&file, format!("source \"$0.script\"\n{calls}\n")).unwrap();
    let lines = "cargo-testprog run --dead: --deadline-scale --deadline\n\
                 cargo testprog --dead: --deadline-scale --deadline\n\
                 cargo +nightly testprog ru: run\n\
                 cargo testprog --color : auto always never\n\
                 cargo bu: \n\
                 cargo bu: build\n\
                 cargo testprog ru: run\n\
                 cargo bu: build\n\
                 complete -o nospace -F _cargo_testprog_in_cargo cargo\n";
    Command::new("bash").arg("--norc").arg(&file).assert().success().stdout(lines);
}

/// Returns the folder with Cargo's own completion for zsh, which a toolchain of rustup has.
fn cargo_in_zsh() -> PathBuf {
    let ran = Command::new("rustc").args(["--print", "sysroot"]).assert().success();
    let sysroot = String::from_utf8(ran.get_output().stdout.clone()).unwrap();
    Path::new(sysroot.trim_end()).join("share/zsh/site-functions")
}

fn need_zsh() -> Option<Missing> {
    need_tool("zsh", "zsh").or_else(|| {
        let path = cargo_in_zsh().join("_cargo");
        let reason = || Missing::Ability(format!("failed to find `{}`", path.display()));
        (!path.exists()).then(reason)
    })
}

fn zsh_completes_cargo_testprog() {
    // The outer zsh types a command line into an inner zsh with a terminal. In the inner zsh,
    // Control-X completes the command line, writes the line to a file, and ends the shell. The last
    // `zpty -r` waits until the inner zsh has ended. A Tab would not do, because zsh does not
    // complete while further input is pending.
    let outer = r#"
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1='ready> '; fpath=(${(q)1} ${(q)2} \$fpath)"
        zpty -w shell "autoload -U compinit; compinit -u -D"
        zpty -w shell "save() { zle complete-word; print -r -- \$BUFFER >${(q)3}; exit }"
        zpty -w shell "zle -N save; bindkey '^X' save"
        zpty -w shell 'print begin-$((1 + 1))'
        zpty -r -m shell seen '*begin-2*ready> *'
        zpty -n -w shell "$4"$'\x18'
        zpty -r -m shell seen 'no output'
        cat $3"#;
    let folder = scratch("zsh-functions");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("_cargo-testprog"), script("zsh")).unwrap();
    let file = scratch("completions.zsh");
    fs::write(&file, outer).unwrap();
    for (typed, completed) in [
        ("cargo-testprog run --deadline-s", "cargo-testprog run --deadline-scale=\n"),
        ("cargo testprog --deadline-s", "cargo testprog --deadline-scale=\n"),
        ("cargo testprog matr", "cargo testprog matrix \n"),
    ] {
        let mut zsh = Command::new("zsh");
        zsh.arg("-f").arg(&file).arg(&folder).arg(cargo_in_zsh()).arg(scratch("line")).arg(typed);
        // zsh also completes a FILTER as the name of a file.
        zsh.current_dir(&folder).assert().stdout(completed);
    }
}

fn fish_completes_cargo_testprog() {
    let file = scratch("completions.fish");
    fs::write(&file, script("fish")).unwrap();
    let completed = |line: &str| {
        let call = format!("source $argv[1]; complete -C '{line}'");
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", &call]).arg(&file).env("HOME", scratch("fish-home"));
        fish.assert().success()
    };
    completed("cargo-testprog run --dead").stdout(contains("--deadline-scale\t"));
    completed("cargo testprog --dead").stdout(contains("--deadline-scale\t"));
    completed("cargo +nightly testprog ru").stdout(contains("run\t"));
    completed("cargo build --dead").stdout(contains("deadline").not());
}
