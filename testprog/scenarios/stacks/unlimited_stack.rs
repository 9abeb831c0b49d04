//! If the size of the main thread's stack is not limited (`ulimit -s unlimited`), the runtime must
//! record finite bounds that contain the stack pointer, and threads must start.
//!
//! Without a limit, glibc reports a stack of about 43 TiB for the main thread, which reaches over
//! every other mapping. A runtime that uses the bounds from glibc's report treats the stack of each
//! coroutine as a part of the main thread's stack. `CoreCLR`
//! (<https://github.com/dotnet/coreclr/issues/2467>) and Go (<https://go.dev/issue/26061>) computed
//! wrong bounds from the limit. The scenario removes the limit and starts the runtime.

use testprog_harness::{Expectation, Scenario};

use super::main_stack_grows::STACK_LIMIT;

pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::of_module(module_path!(), system::run).needs(STACK_LIMIT);
    // Only glibc computes the size from the limit.
    if cfg!(all(target_os = "linux", target_env = "gnu")) {
        let huge = Expectation::exits(1, "the recorded bounds are larger than 1 GiB");
        scenario.mutant("believes-told", huge)
    } else {
        scenario
    }
}

#[cfg(unix)]
mod system {
    use testprog_harness::skip;

    use crate::runtime::{self, Policy};
    use crate::scenarios::stacks::main_stack_grows::system::{limit, read_limit};
    use crate::{csrc, observe};

    pub(super) fn run() -> Result<(), Box<dyn std::error::Error>> {
        const CALLBACKS: u32 = 2;
        if read_limit(libc::RLIMIT_STACK).rlim_max != libc::RLIM_INFINITY {
            return Err(skip("the hard limit on the stack's size is finite").into());
        }
        limit(libc::RLIMIT_STACK, libc::RLIM_INFINITY)?;
        runtime::start(Policy::Registered)?;
        callback();
        runtime::call_c(|| csrc::thread(|| callback()))?;
        Ok(observe::held(CALLBACKS)?)
    }

    extern "C" fn callback() {
        const MOST: usize = 1 << 30;
        runtime::callback(|machine| {
            observe::check(machine);
            let bounds = machine.bounds();
            if bounds.hi - bounds.lo > MOST {
                observe::wrong(format!("the recorded bounds are larger than 1 GiB: {bounds:x?}"));
            }
        });
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn run() -> Result<(), String> {
        Err("this target has no RLIMIT_STACK".to_owned())
    }
}
