//! The bounds that the runtime records for the main thread must match the kernel's map of the
//! process.
//!
//! The main thread's stack has no fixed lower end. The kernel extends the stack until its size
//! reaches `RLIMIT_STACK`, and no C library reports the right bounds on every system: glibc
//! computes the lower end from the limit, musl reports only the part that is mapped, and relibc
//! reported zeros. A runtime whose bounds are too high kills a correct program. With bounds that
//! are too low, the runtime misses an overflow (<https://github.com/rust-lang/rust/issues/43347>).
//!
//! The scenario reads the mapping `[stack]` from `/proc/self/maps`. The recorded upper end must lie
//! between the stack pointer and the end of the mapping, and the recorded lower end must be the end
//! of the mapping minus `RLIMIT_STACK`.

use testprog_harness::{Capability, Expectation, Scenario};

/// Capability of a system to list the mappings of a process in `/proc/self/maps`.
const PROC_MAPS: Capability = Capability::Custom {
    name: "proc-maps",
    missing: |target| (target.os != "linux").then_some("only Linux has /proc/self/maps"),
};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), system::run)
        .needs(PROC_MAPS)
        .mutant("shifts-told", Expectation::exits(1, "the runtime recorded the bounds"))
}

#[cfg(target_os = "linux")]
mod system {
    use testprog_harness::skip;

    use crate::runtime::{self, Policy, stack_pointer};
    use crate::scenarios::stacks::main_stack_grows::system::limit;
    use crate::{csrc, observe};

    /// Value of `RLIMIT_STACK` in bytes that the scenario sets, so that the limit is finite.
    const LIMIT: usize = 4 << 20;

    pub(super) fn run() -> Result<(), Box<dyn std::error::Error>> {
        limit(libc::RLIMIT_STACK, LIMIT as libc::rlim_t)?;
        runtime::start(Policy::Registered)?;
        let (mapped, end) = mapping(stack_pointer::read())?;
        runtime::callback(|machine| {
            observe::check(machine);
            let (bounds, sp) = (machine.bounds(), stack_pointer::read());
            let reported = csrc::stack_bound().1;
            let is_right = bounds.lo == end - LIMIT
                && bounds.lo <= mapped
                && sp < bounds.hi
                && bounds.hi <= end
                && (reported == 0 || bounds.hi == reported);
            if !is_right {
                observe::wrong(format!(
                    "the runtime recorded the bounds [{:#x}, {:#x}]; the stack is mapped from \
                     {mapped:#x} to {end:#x}, and the C library reports {reported:#x} as the upper end",
                    bounds.lo, bounds.hi
                ));
            }
        });
        Ok(observe::held(1)?)
    }

    /// Returns the first and the last address of the mapping that contains `address`.
    fn mapping(address: usize) -> Result<(usize, usize), Box<dyn std::error::Error>> {
        let maps = std::fs::read_to_string("/proc/self/maps")
            .map_err(|error| skip(format!("failed to read `/proc/self/maps`: {error}")))?;
        let range = |line: &str| {
            let (from, to) = line.split_whitespace().next()?.split_once('-')?;
            let number = |text| usize::from_str_radix(text, 16).ok();
            Some((number(from)?, number(to)?))
        };
        let mut ranges = maps.lines().filter_map(range);
        let found = ranges.find(|(from, to)| (*from..*to).contains(&address));
        Ok(found.ok_or("no mapping contains the stack pointer")?)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no /proc/self/maps".to_owned())
    }
}
