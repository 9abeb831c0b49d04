//! Measures the benchmark's numbers of instructions, which do not depend on the load of the
//! computer.
//!
//! The tool callgrind of valgrind counts the instructions of a whole process, once with 100 calls
//! and once with 1100 calls. The difference between the count for 1100 calls and the count for 100
//! calls is the cost of 1000 calls. Callgrind does not count instructions in the kernel.

use std::io;
use std::process::Command;

use crate::child;
use crate::runtime::Policy;
use crate::ways::Way;

const FEW: u32 = 100;
const MANY: u32 = 1100;

/// Prints the numbers of instructions for a policy.
///
/// # Errors
///
/// Fails if valgrind is not installed, or if valgrind fails.
pub(crate) fn print(policy: Policy) -> io::Result<()> {
    let plain = per_call("c", Way::Own, "plain")?;
    println!("{:<52}{:>12}{:>10}", policy.name(), "instructions", "ratio");
    let row = |name: &str, count: f64| println!("{name:<52}{count:>12.1}{:>10.2}", count / plain);
    let own = per_call("c", Way::Own, "callback")?;
    assert!(
        1.0 < plain && plain < own,
        "a plain call takes {plain} instructions, and a callback takes {own}"
    );
    row("plain call", plain);
    row("own stack, with one stack check", per_call("c", Way::Own, "checked")?);
    let most: Vec<_> = Way::ALL.iter().chain(&[Way::NewThread]).copied().collect();
    let (of_c, main): (Vec<_>, &[Way]) = match policy {
        Policy::Exact => (most, Way::ALL),
        Policy::Registered => (child::ways().collect(), Way::ALL),
        _ => (most, &[]),
    };
    for (thread, prefix, ways) in [("c", "", &*of_c), ("main", "main thread: ", main)] {
        for way in ways.iter().copied().filter(|way| way.missing().is_none()) {
            let gross = per_call(thread, way, "callback")?;
            row(&format!("{prefix}{way}"), gross);
            if way.switches() {
                let net = gross - per_call(thread, way, "plain")? + plain;
                row(&format!("{prefix}{way}, net"), net);
            }
        }
    }
    println!();
    Ok(())
}

/// Returns the number of instructions of one call.
fn per_call(thread: &str, way: Way, function: &str) -> io::Result<f64> {
    let count = |n: u32| {
        let call = child::command(thread, way, function, n)?;
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        collected(command.arg(call.get_program()).args(call.get_args()))
    };
    Ok((count(MANY)? - count(FEW)?) / f64::from(MANY - FEW))
}

/// Runs callgrind, and returns the number of instructions that callgrind prints.
fn collected(command: &mut Command) -> io::Result<f64> {
    let output = command.output().map_err(|error| {
        let advice = "apt-get install valgrind";
        io::Error::new(error.kind(), format!("failed to run `valgrind`: {error} ({advice})"))
    })?;
    let text = String::from_utf8_lossy(&output.stderr);
    let number =
        text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    match number {
        Some(number) if output.status.success() => Ok(number),
        _ => Err(io::Error::other(format!("failed to run `valgrind`: {}", text.trim_end()))),
    }
}
