//! A child process of the benchmark, which makes callbacks of only one kind, so that valgrind and
//! getrusage(2) can measure the process.

use std::process::Command;
use std::{env, io};

use testprog_harness::protocol;

use crate::csrc::Callback;
use crate::runtime::{self, Policy};
use crate::system::peak_memory;
use crate::times::{MANY, Thread};
use crate::ways::{self, Way};

/// First argument of a child process of the benchmark. The further arguments are the thread that
/// calls, the way to call, the called function, and the number of calls.
pub(crate) const CALL: &str = "--call";

const THREADS: [(&str, Thread); 2] = [("c", Thread::OfC), ("main", Thread::Main)];
const FUNCTIONS: [(&str, Callback); 3] =
    [("plain", ways::plain), ("callback", ways::callback), ("checked", ways::checked_callback)];

/// Returns the command that starts a child process of the benchmark.
pub(crate) fn command(thread: &str, way: Way, function: &str, n: u32) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args([CALL, thread, &way.to_string(), function, &n.to_string()]);
    Ok(command)
}

/// Returns every kind of callback that the benchmark measures.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    Way::ALL.iter().chain(&[Way::NewThread]).chain(Way::REGISTERED).copied()
}

/// Makes the calls that `words` describe, and prints the peak memory before and after the calls.
pub(crate) fn main(policy: Policy, words: &[String]) {
    let [thread, way, function, n] = words else { panic!("`command` passes four arguments") };
    let thread =
        THREADS.iter().find(|(name, _)| name == thread).expect("`command` passes a known thread").1;
    let way = ways().find(|each| each.to_string() == *way).expect("`command` passes a known way");
    let function = FUNCTIONS
        .iter()
        .find(|(name, _)| name == function)
        .expect("`command` passes a known function")
        .1;
    let n = n.parse().expect("`command` passes a number of calls");
    runtime::start(policy).expect("a process starts the runtime once");
    let (before, after) = thread.run(|| {
        // The first callback from each stack may allocate memory, so each stack's first callback
        // runs before the measurement.
        way.run(way.round(), function);
        let before = peak_memory();
        way.run(n, function);
        (before, peak_memory())
    });
    println!("peak memory was {before} before and {after} after the callbacks");
}

/// Prints the peak memory before and after many callbacks under a policy, in the unit of
/// getrusage(2). If the peak memory is the same before and after, the callbacks leaked no memory.
///
/// The benchmark must call this function before it uses much memory, because a child process
/// inherits the peak memory of its parent.
pub(crate) fn print_memory(policy: Policy) -> io::Result<()> {
    let rows = [(Way::Own, MANY), (Way::Coroutines, MANY), (Way::NewThread, 10_000)];
    for (way, n) in rows.into_iter().filter(|(way, _)| way.missing().is_none()) {
        let mut child = command("c", way, "callback", n)?;
        let output = child.env(protocol::MUTANT_ENV, policy.name()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{}: {n} callbacks, {way}: {}", policy.name(), said.trim_end());
    }
    Ok(())
}
