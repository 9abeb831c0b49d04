//! Under the seed's policy, a callback from another stack, with the runtime up the stack, is refused: the runtime says so
//! and exits with status 2.
//!
//! It has to set bounds for the stack in use before it prints, or printing itself would run into the stack check. Go 1.22
//! died of exactly that and printed nothing (<https://go.dev/issue/68285>).

use testprog_harness::{Capability, Expectation, Scenario};

use super::nested_stack_switch;
use crate::observe;
use crate::runtime::Policy;

pub(crate) fn scenario() -> Scenario {
    Scenario::new(module_path!(), || nested_stack_switch::run(Policy::OutOfBounds))
        .needs(Capability::StackSwitch)
        .expect(Expectation::exits(2, "runtime: cgocallback with sp=0x"))
        .mutant(Policy::Exact.name(), Expectation::Ok)
        .mutant(Policy::GuessEveryEntry.name(), observe::wrong_bounds())
}
