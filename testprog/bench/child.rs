//! A process that calls back in one way only, to be measured from outside.

use std::process::Command;
use std::{env, io};

use testprog_harness::protocol;

use crate::csrc::Callback;
use crate::runtime::{self, Policy};
use crate::system::peak_memory;
use crate::times::{MANY, Thread};
use crate::ways::{self, Way};

/// The first argument of the child; three words and a number follow: who calls, in which way, what, how often.
pub(crate) const CALL: &str = "--call";

const THREADS: [(&str, Thread); 2] = [("c", Thread::OfC), ("main", Thread::Main)];
const FUNCTIONS: [(&str, Callback); 3] =
    [("plain", ways::plain), ("callback", ways::callback), ("checked", ways::checked_callback)];

/// Returns the command that starts such a child under the policy of this process.
pub(crate) fn command(thread: &str, way: Way, function: &str, n: u32) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args([CALL, thread, &way.to_string(), function, &n.to_string()]);
    Ok(command)
}

/// Every way that a child knows.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    Way::ALL.iter().chain(&[Way::NewThread]).chain(Way::REGISTERED).copied()
}

/// The child: calls as the words say, and prints the most memory that it has had before and after.
pub(crate) fn main(policy: Policy, words: &[String]) {
    let [thread, way, function, n] = words else { panic!("`command` gives four words") };
    let thread = THREADS.iter().find(|(name, _)| name == thread).expect("it is one of these").1;
    let way = ways().find(|each| each.to_string() == *way).expect("it is one of these");
    let function =
        FUNCTIONS.iter().find(|(name, _)| name == function).expect("it is one of these").1;
    let n = n.parse().expect("`command` gives a number");
    runtime::start(policy).expect("the runtime starts once");
    let (before, after) = thread.run(|| {
        // What the first from each stack take is not what piles up.
        way.run(way.round(), function);
        let before = peak_memory();
        way.run(n, function);
        (before, peak_memory())
    });
    println!("{before} before, {after} after");
}

/// Prints that nothing piles up under a policy: the most memory in use, in the system's unit, before and after many calls.
///
/// To be called early: a child counts from the most that its parent has had.
pub(crate) fn print_memory(policy: Policy) -> io::Result<()> {
    let rows = [(Way::Own, MANY), (Way::Coroutines, MANY), (Way::NewThread, 10_000)];
    for (way, n) in rows.into_iter().filter(|(way, _)| way.missing().is_none()) {
        let mut child = command("c", way, "callback", n)?;
        let output = child.env(protocol::MUTANT_ENV, policy.name()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{}: memory for {n} callbacks, {way}: {}", policy.name(), said.trim_end());
    }
    Ok(())
}
