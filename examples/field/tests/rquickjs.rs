//! Tests rquickjs, which runs JavaScript in QuickJS.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use corosensei::stack::{DefaultStack, Stack as _};
use corosensei::{Coroutine, CoroutineResult};
use rquickjs::{Context, Ctx, Function, Runtime};
use testprog_harness::{Capability, Expectation, Scenario, Signal};

/// Source code of rquickjs that stores the panic of a callback, and resumes the panic at the next
/// exception.
const PANIC: &str = "https://docs.rs/rquickjs-core/0.12.2/src/rquickjs_core/result.rs.html";
/// Documentation of `Runtime`, which sets the top of the stack when the runtime is created.
const STACK: &str = "https://docs.rs/rquickjs/0.12.2/rquickjs/runtime/struct.Runtime.html";

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("recursion_on_the_threads_stack", || recursion(&runtime()?)),
        Scenario::new("a_panic_that_javascript_caught_stays_caught", caught_panic)
            .known_bug_failing(
                PANIC,
                Expectation::fails("an unrelated exception panicked with `caught by JavaScript`"),
            ),
        Scenario::new("recursion_on_a_stack_below", || elsewhere(Place::Below))
            .needs(Capability::Coroutine)
            .known_bug_failing(STACK, Expectation::fails("JavaScript overflowed at depth 0")),
        Scenario::new("recursion_on_a_stack_above", || elsewhere(Place::Above))
            .needs(Capability::Coroutine)
            .known_bug_failing(
                STACK,
                Expectation::dies([Signal::Segv, Signal::Bus], "about to recurse"),
            ),
    ]
}

testprog_harness::main!(scenarios());

fn text(error: impl Display) -> String {
    error.to_string()
}

/// Returns a runtime that may use 256 KiB of stack.
fn runtime() -> Result<Runtime, String> {
    let runtime = Runtime::new().map_err(text)?;
    runtime.set_max_stack_size(256 << 10);
    Ok(runtime)
}

/// Recurses in JavaScript until QuickJS reports an overflow, which must not happen in the first 20
/// calls.
fn recurse(ctx: &Ctx<'_>) -> Result<(), String> {
    const SCRIPT: &str =
        "let n = 0; function f() { n++; return 1 + f(); } try { f(); } catch (e) {} n";
    eprintln!("about to recurse");
    let depth = ctx.eval(SCRIPT).unwrap_or(0);
    if depth > 20 { Ok(()) } else { Err(format!("JavaScript overflowed at depth {depth}")) }
}

fn recursion(runtime: &Runtime) -> Result<(), String> {
    let context = Context::full(runtime).map_err(text)?;
    context.with(|ctx| recurse(&ctx))
}

/// A panic in a Rust callback becomes an exception that JavaScript can catch. rquickjs keeps the
/// panic, and the next exception, which has another cause, resumes the old panic.
fn caught_panic() -> Result<(), String> {
    let runtime = runtime()?;
    let context = Context::full(&runtime).map_err(text)?;
    context.with(|ctx| {
        let callback = || -> i32 { panic!("caught by JavaScript") };
        let function = Function::new(ctx.clone(), callback).map_err(text)?;
        ctx.globals().set("f", function).map_err(text)?;
        let five: i32 = ctx.eval("try { f() } catch (e) { 5 }").map_err(text)?;
        assert_eq!(five, 5);
        let throw = || ctx.eval::<(), _>("throw new Error('unrelated')");
        match catch_unwind(AssertUnwindSafe(throw)) {
            Ok(result) => result.err().map(drop).ok_or_else(|| "no exception".to_owned()),
            Err(payload) => {
                let message = payload.downcast_ref::<&str>().unwrap_or(&"");
                Err(format!("an unrelated exception panicked with `{message}`"))
            }
        }
    })
}

/// Place of a coroutine's stack relative to the stack of the thread that created the runtime.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Below,
    Above,
}

/// QuickJS compares the stack pointer with the top of the stack of the thread that created the
/// runtime. On a stack at lower addresses, QuickJS reports an overflow in the first call. On a
/// stack at higher addresses, QuickJS never detects an overflow, and a recursion runs into the
/// guard page.
fn elsewhere(place: Place) -> Result<(), String> {
    // On Linux, a stack that is mapped before a thread's stack has higher addresses than the
    // thread's stack.
    let early = (place == Place::Above).then(|| DefaultStack::new(1 << 20));
    let thread = std::thread::spawn(move || {
        let local = 0_u8;
        let stack = early.unwrap_or_else(|| DefaultStack::new(1 << 20)).map_err(text)?;
        let is_above = stack.base().get() > (&raw const local).addr();
        if is_above != (place == Place::Above) {
            return Err("failed to set up: the stack is at the wrong place".to_owned());
        }
        let runtime = runtime()?;
        let context = Context::full(&runtime).map_err(text)?;
        let body = move |_: &_, ()| context.with(|ctx| recurse(&ctx));
        let mut coroutine = Coroutine::<(), (), _, _>::with_stack(stack, body);
        match coroutine.resume(()) {
            CoroutineResult::Return(result) => result,
            CoroutineResult::Yield(()) => Err("the coroutine suspended itself".to_owned()),
        }
    });
    thread.join().map_err(|_| "the thread panicked".to_owned())?
}
