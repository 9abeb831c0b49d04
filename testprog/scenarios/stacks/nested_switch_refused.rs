//! With Go 1.22's rule for stack bounds, the runtime refuses a nested callback from another stack.
//! When the runtime refuses a callback, it prints a message and exits with status 2.
//!
//! Before the runtime prints the message, it must record bounds for the stack in use. Without
//! bounds for the stack in use, the runtime's own stack check kills the process before the runtime
//! has printed the message. In Go 1.22, the stack check killed the process, and Go printed nothing
//! (<https://go.dev/issue/68285>).

use testprog_harness::{Capability, Expectation, Scenario};

use super::nested_stack_switch;
use crate::observe;
use crate::runtime::Policy;

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), || nested_stack_switch::run(Policy::OutOfBounds))
        .needs(Capability::StackSwitch)
        .expect(Expectation::exits(2, "runtime: cgocallback with sp=0x"))
        .mutant(Policy::Exact.name(), Expectation::ok())
        .mutant(Policy::GuessEveryEntry.name(), observe::wrong_bounds())
}
