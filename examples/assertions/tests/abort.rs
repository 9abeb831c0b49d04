//! Tests that a failed assertion aborts the process. The macro `in_child!` runs its block in a child
//! process, so the test process survives the abort.

use std::panic::catch_unwind;

use assertions::{MOST, References};
use testprog_harness::{Expectation, Signal, in_child};

/// Returns the expectation that a process prints the message and then aborts.
fn aborts_with(message: &str) -> Expectation {
    Expectation::dies([Signal::Abrt], message)
}

// A test without `in_child!` runs in the test process, as usual.
#[test]
fn the_last_release_is_reported() {
    let object = References::new();
    object.retain();
    assert!(!object.release());
    assert!(object.release());
}

#[test]
fn a_second_release_aborts() {
    // The code before the block runs in both processes.
    let object = References::new();
    object.release();
    in_child!(aborts_with("release: the object is already free"), {
        object.release();
    });
}

#[test]
fn a_retain_of_a_free_object_aborts() {
    in_child!(aborts_with("retain: the object is already free"), {
        let object = References::new();
        object.release();
        object.retain();
    });
}

#[test]
fn too_many_references_abort() {
    in_child!(aborts_with("retain: more than 1000 references"), {
        let object = References::new();
        for _ in 0..MOST {
            object.retain();
        }
    });
}

#[test]
fn no_caller_can_catch_a_failed_assertion() {
    in_child!(aborts_with("release: the object is already free"), {
        // If `catch_unwind` returned, the block would return too, and the test would fail.
        let _ = catch_unwind(|| {
            let object = References::new();
            object.release();
            object.release();
        });
    });
}
