//! The destructor of a thread-local variable may be the first code that uses another thread-local
//! variable, which must then be dropped, too.
//!
//! The C library must accept new destructors while it runs the destructors of a thread. relibc kept
//! its list of destructors borrowed while the destructors ran, so a destructor that registered
//! another destructor ended in a panic. Rust's standard library registers a destructor with
//! `__cxa_thread_atexit_impl` for each variable, so plain Rust code can register a destructor in a
//! destructor.
//!
//! A thread-local variable must not be created again after its drop. If this scenario fails, look
//! at the loop that runs the destructors of thread-local variables: the loop must take one
//! destructor off the list before it calls the destructor.

use std::cell::Cell;
use std::sync::Mutex;

use testprog_harness::{Expectation, Scenario};

use crate::runtime::{self, Policy};
use crate::{csrc, observe};

pub(crate) fn scenario() -> Scenario {
    Scenario::of_module(module_path!(), run).mutant(
        "libc-no-late-thread-locals",
        Expectation::fails("the drops were [\"first\"] instead of"),
    )
}

/// Value that records its name when it is dropped.
struct Named {
    name: &'static str,
    uses: Cell<u32>,
    at_drop: fn(),
}

impl Named {
    const fn new(name: &'static str, at_drop: fn()) -> Self {
        Self { name, uses: Cell::new(0), at_drop }
    }

    fn touch(&self) {
        self.uses.set(self.uses.get() + 1);
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        DROPS.lock().expect("no thread panics while it holds the lock").push(self.name);
        (self.at_drop)();
    }
}

static DROPS: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

thread_local! {
    static FIRST: Named = const { Named::new("first", || SECOND.with(Named::touch)) };
    static SECOND: Named = const { Named::new("second", || THIRD.with(Named::touch)) };
    static THIRD: Named = const { Named::new("third", use_first_again) };
}

/// Whether Rust's standard library may create a variable again after the variable's drop. MinGW's
/// targets have no thread-local variables of their own, so the standard library uses the system's
/// thread-local values, which do not record a drop.
const CREATES_AGAIN: bool = cfg!(all(windows, target_env = "gnu"));

/// Checks that the variable [`FIRST`] is not created again after its drop.
fn use_first_again() {
    if !CREATES_AGAIN && FIRST.try_with(Named::touch).is_ok() {
        observe::wrong("a variable could be used after its drop".to_owned());
    }
}

fn run() -> Result<(), String> {
    const EXPECTED: [&str; 3] = ["first", "second", "third"];
    runtime::start(Policy::Registered)?;
    runtime::call_c(|| csrc::thread(|| callback()))?;
    let drops = DROPS.lock().expect("no thread panics while it holds the lock");
    if *drops != EXPECTED {
        return Err(format!("the drops were {drops:?} instead of {EXPECTED:?}"));
    }
    observe::held(1)
}

extern "C" fn callback() {
    runtime::callback(|machine| {
        observe::check(machine);
        FIRST.with(Named::touch);
    });
}
