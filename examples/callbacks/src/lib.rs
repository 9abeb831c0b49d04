//! Runs closures as coroutines, with the event loop in `loop.c`.

use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::Result;

/// Closure that the event loop runs.
pub type Task<'a> = Box<dyn FnOnce() + 'a>;

/// A task that has not started, or the result of a task.
type Slot<'a> = (Option<Task<'a>>, Result<()>);

unsafe extern "C" {
    fn loop_yield();
    fn loop_run(body: extern "C" fn(*mut c_void, usize), arg: *mut c_void, count: usize) -> c_int;
}

/// Lets the other tasks run. Aborts the process if the caller is not a task.
pub fn yield_now() {
    // SAFETY: `loop_yield` checks that the caller is a task.
    unsafe { loop_yield() }
}

/// Runs the tasks in turn until all tasks have returned. If a task panics, the other tasks continue,
/// and the result of the task is the panic.
pub fn run(tasks: Vec<Task>) -> Vec<Result<()>> {
    let mut slots: Vec<Slot> = tasks.into_iter().map(|task| (Some(task), Ok(()))).collect();
    // SAFETY: `call` accepts a pointer to the slots and an index below their number.
    let status = unsafe { loop_run(call, slots.as_mut_ptr().cast(), slots.len()) };
    assert_eq!(status, 0, "failed to run tasks: no memory, or the caller is a task");
    slots.into_iter().map(|(_, result)| result).collect()
}

/// Calls the task with the given index, as the C library requests. A panic must not unwind into the
/// C library, so the function catches the panic.
extern "C" fn call(slots: *mut c_void, index: usize) {
    // SAFETY: `run` passes a pointer to its slots, and `index` is below the number of slots.
    let slot = unsafe { &mut *slots.cast::<Slot>().add(index) };
    let Some(task) = slot.0.take() else { return };
    if cfg!(feature = "planted-bug") {
        return task();
    }
    slot.1 = catch_unwind(AssertUnwindSafe(task));
}
