//! Runs each scenario in a child process, because some scenarios must abort, panic or hang.

use std::cell::RefCell;
use std::time::Duration;

use callbacks::{Task, run, yield_now};
use testprog_harness::{Expectation, Scenario, Signal};

testprog_harness::main!([
    Scenario::new("tasks_take_turns", tasks_take_turns),
    Scenario::new("panic_of_a_task_reaches_the_caller", panic_of_a_task_reaches_the_caller),
    Scenario::new("yield_outside_of_a_task_aborts", yield_now)
        .expect(Expectation::dies([Signal::Abrt], "loop_yield: no task is running")),
    // The required text proves that the task started before the deadline.
    Scenario::new("task_that_always_yields_hangs", task_that_always_yields)
        .expect(Expectation::hangs().stderr("the task waits"))
        .deadline(Duration::from_secs(5)),
]);

fn tasks_take_turns() {
    let steps = RefCell::new(Vec::new());
    let task = |name| -> Task {
        let steps = &steps;
        Box::new(move || {
            for step in 1..=2 {
                steps.borrow_mut().push((name, step));
                yield_now();
            }
        })
    };
    run(vec![task("a"), task("b")]);
    assert_eq!(*steps.borrow(), [("a", 1), ("b", 1), ("a", 2), ("b", 2)]);
}

fn panic_of_a_task_reaches_the_caller() {
    let results = run(vec![Box::new(|| panic!("the task failed")), Box::new(yield_now)]);
    let panic = results[0].as_ref().unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the task failed"));
    assert!(results[1].is_ok());
}

fn task_that_always_yields() {
    let task = || {
        eprintln!("the task waits");
        loop {
            yield_now();
        }
    };
    run(vec![Box::new(task)]);
}
