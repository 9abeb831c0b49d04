//! Runs a scenario's C code once with each switcher of the target. A switcher is a function that
//! switches stacks.
#![expect(unsafe_code, reason = "declares C functions, and chooses one of them")]

use std::ffi::{c_int, c_void};

use testprog_harness::{Capability, Target, capability};

use crate::csrc::{self, OnStack};
use crate::{coroutine, observe};

unsafe extern "C" {
    fn csrc_use_switcher(on_stack: OnStack);

    /// Whether the tool that runs the program, such as valgrind, supports the switcher by
    /// `sigaltstack`.
    safe static csrc_altstack_works: c_int;

    /// Switches stacks by assembly code.
    pub(crate) fn csrc_on_stack_assembly(
        stack: *mut c_void,
        size: usize,
        body: extern "C" fn(*mut c_void),
        arg: *mut c_void,
    ) -> c_int;
    /// Switches to a fiber of Windows, whose stack Windows allocates.
    fn csrc_on_stack_fiber(
        stack: *mut c_void,
        size: usize,
        body: extern "C" fn(*mut c_void),
        arg: *mut c_void,
    ) -> c_int;
}

/// Capability of Windows to switch stacks by fibers.
const FIBERS: Capability = Capability::Custom {
    name: "fibers",
    missing: |target| (target.os != "windows").then_some("only Windows has fibers"),
};

/// Memory that a scenario accepts as a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// The scenario checks callbacks from memory that the scenario has chosen.
    Given,
    /// The scenario also works if the system allocates the stack.
    Any,
}

/// Returns the name and the function of each switcher of this target.
fn switchers(memory: Memory) -> impl Iterator<Item = (&'static str, OnStack)> {
    let all: [(_, _, OnStack); 5] = [
        ("swapcontext", Capability::Ucontext, csrc::csrc_on_stack_ucontext),
        ("assembly", Capability::Assembly, csrc_on_stack_assembly),
        ("sigaltstack", Capability::Altstack, csrc::csrc_on_stack_altstack),
        ("corosensei", Capability::Coroutine, coroutine::on_stack),
        ("fibers", FIBERS, csrc_on_stack_fiber),
    ];
    let target = Target::current();
    all.into_iter()
        .filter(move |(name, capability, _)| {
            capability::missing(*capability, &target).is_none()
                && (*name != "sigaltstack" || csrc_altstack_works != 0)
                && (memory == Memory::Any || *name != FIBERS.name())
        })
        .map(|(name, _, on_stack)| (name, on_stack))
}

/// Calls `run` once with each switcher of the target, and checks after each call that `callbacks`
/// more callbacks have run and that no callback has recorded an error.
///
/// # Errors
///
/// Returns the errors of the first call that fails, with the name of the switcher. If a switcher
/// crashes the process, the last line on standard error that begins with `switcher:` names the
/// switcher.
pub(crate) fn each(
    memory: Memory,
    callbacks: u32,
    run: impl Fn() -> Result<(), String>,
) -> Result<(), String> {
    let mut so_far = 0;
    let mut last = None;
    for (name, on_stack) in switchers(memory) {
        eprintln!("switcher: {name}");
        // SAFETY: no other thread switches stacks, because `run` has joined all of its threads.
        unsafe { csrc_use_switcher(on_stack) };
        so_far += callbacks;
        last = Some(name);
        let errors: Vec<_> =
            [run(), observe::held(so_far)].into_iter().filter_map(Result::err).collect();
        if !errors.is_empty() {
            return Err(format!("with {name}: {}", errors.join("; ")));
        }
    }
    last.map(drop).ok_or_else(|| "this target has no switcher".to_owned())
}
