//! Measures the cost of a callback, as a ratio to the cost of a plain call of a C function pointer.
//!
//! The command `cargo bench --features bench --bench callback` prints times and then numbers of
//! instructions. Each printed time is a median of the thread's processor time over many turns. Each
//! turn measures callbacks and, immediately afterwards, plain calls. The numbers of instructions,
//! which valgrind counts, do not depend on the load of the computer.
//!
//! A process has one policy (rule for stack bounds), so the benchmark starts a separate process for
//! each policy and passes the policy as a mutant. The command `TESTPROG_MUTANT=frozen-bounds cargo
//! bench --features bench --bench callback` measures only one policy. The command `cargo test
//! --features bench --bench callback` measures each row of one policy once, to test the benchmark
//! itself.

#[cfg(not(unix))]
fn main() {
    println!(
        "callback: skipped: the benchmark needs POSIX clocks for the processor time of threads"
    );
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

// The benchmark includes the child's source files as modules, because the child is an executable
// without a library.
#[cfg(unix)]
#[cfg_attr(have_coroutine, path = "../coroutine_present.rs")]
#[cfg_attr(not(have_coroutine), path = "../coroutine_absent.rs")]
#[expect(dead_code, reason = "only scenarios use the rest of the module")]
mod coroutine;
#[cfg(unix)]
#[path = "../csrc.rs"]
#[expect(dead_code, reason = "only scenarios use the rest of the module")]
mod csrc;
#[cfg(unix)]
#[path = "../runtime/mod.rs"]
#[expect(dead_code, unused_imports, reason = "only scenarios and tests use the rest of the module")]
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
            println!("{}: skipped the numbers of instructions: {error}", policy.name());
        }
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    // Without `--bench`, the benchmark only checks that it can measure each row for one policy.
    if !words.iter().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let others = Policy::ALL.iter().filter(|each| **each != policy && mutant::active().is_none());
    for other in others {
        let mut child =
            Command::new(env::current_exe().expect("the system reports this executable's path"));
        let status = child.args(&words).env(protocol::MUTANT_ENV, other.name()).status();
        if !status.expect("the system starts this executable again").success() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Prints all rows of the benchmark for a policy.
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
