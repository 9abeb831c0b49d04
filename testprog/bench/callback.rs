//! What a callback costs, as ratios to a call of a C function pointer.
//!
//! `cargo bench --bench callback` prints times, then numbers of instructions. Noise meets times as little as can be had:
//! they are processor time of the thread, the median of turns in which a row and the plain call follow each other. Numbers of
//! instructions, counted by valgrind, it does not meet at all.
//!
//! A policy is settled once per process, so each of them runs in a child of its own, which is told its policy as a mutant:
//! `TESTPROG_MUTANT=frozen-bounds cargo bench --bench callback` runs one of them. `cargo test --bench callback` has each row
//! of one policy taken once, as a test that this works.

#[cfg(not(unix))]
fn main() {
    println!("callback: skipped: it takes the processor time of threads from POSIX");
}

#[cfg(unix)]
mod child;
#[cfg(unix)]
mod instructions;
#[cfg(unix)]
mod ratio;
#[cfg(unix)]
mod stacks;
#[cfg(unix)]
mod system;
#[cfg(unix)]
mod times;
#[cfg(unix)]
mod ways;

// What the benchmark has in common with the child, which has no library on purpose.
#[cfg(unix)]
#[cfg_attr(have_coroutine, path = "../coroutine_present.rs")]
#[cfg_attr(not(have_coroutine), path = "../coroutine_absent.rs")]
#[expect(dead_code, reason = "what only scenarios ask")]
mod coroutine;
#[cfg(unix)]
#[path = "../csrc.rs"]
#[expect(dead_code, reason = "what only scenarios call")]
mod csrc;
#[cfg(unix)]
#[path = "../runtime/mod.rs"]
#[expect(dead_code, unused_imports, reason = "what only scenarios and tests call")]
mod runtime;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    use std::env;
    use std::io::ErrorKind;
    use std::process::{Command, ExitCode};

    use testprog_harness::protocol;

    use crate::runtime::Policy;
    use crate::runtime::mutant::{self, Mutant};

    if let Err(error) = mutant::read() {
        eprintln!("{error}");
        return ExitCode::from(protocol::USAGE_STATUS);
    }
    let policy = match mutant::active() {
        Some(Mutant::Policy(policy)) => policy,
        _ => Policy::Exact,
    };
    let words: Vec<_> = env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == child::CALL) {
        child::main(policy, &words[1..]);
        return ExitCode::SUCCESS;
    }
    match print(policy) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("{}: instructions: skipped: {error}", policy.name());
        }
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    // Without it, this is a test that rows can be had.
    if !words.iter().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let others = Policy::ALL.iter().filter(|each| **each != policy && mutant::active().is_none());
    for other in others {
        let mut child = Command::new(env::current_exe().expect("the system knows it"));
        let status = child.args(&words).env(protocol::MUTANT_ENV, other.name()).status();
        if !status.expect("this executable can be started again").success() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Prints what is measured under a policy.
#[cfg(unix)]
fn print(policy: runtime::Policy) -> std::io::Result<()> {
    use crate::runtime::{Policy, mutant};

    if mutant::active().is_none() {
        child::print_memory(Policy::Exact)?;
        child::print_memory(Policy::Registered)?;
    }
    times::print(policy);
    instructions::print(policy)
}
