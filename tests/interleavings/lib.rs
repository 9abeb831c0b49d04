//! Tests of the runtime under loom: the entry to a callback, the pool of `Machine`s (the runtime's
//! records of threads), the list of registered stacks and the cache of stack bounds.
//!
//! The tool loom runs every interleaving of a few threads, and lets each atomic load return every
//! value that the memory model allows. This package includes the runtime's own source files, and
//! replaces only the modules that need a system: the synchronization primitives (`sync`), the system
//! calls (`system`), the stack pointer, the thread-local variables and the global variables. The
//! command `cargo test -p testprog-interleavings under_loom` runs the tests of this package.
#![cfg(test)]
#![cfg(unix)]
#![expect(dead_code, reason = "only the runtime uses the rest of its modules")]

#[path = "../../testprog/runtime/attach.rs"]
mod attach;
#[path = "../../testprog/runtime/bounds.rs"]
mod bounds;
#[path = "../../testprog/runtime/calls.rs"]
mod calls;
#[path = "../../testprog/runtime/fatal.rs"]
mod fatal;
#[path = "../../testprog/runtime/machine.rs"]
mod machine;
#[path = "../../testprog/runtime/mutant.rs"]
mod mutant;
#[path = "../../testprog/runtime/pool.rs"]
mod pool;
#[path = "../../testprog/runtime/recent.rs"]
mod recent;
#[path = "../../testprog/runtime/stacks/mod.rs"]
mod stacks;
#[path = "../../testprog/runtime/steps.rs"]
mod steps;
#[path = "../../testprog/runtime/update.rs"]
mod update;

mod clobber;
mod csrc;
mod current;
mod globals;
mod orders;
mod stack_pointer;
mod sync;
mod system;
mod thread_exit;
mod under_loom;
