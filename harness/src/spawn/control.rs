//! Ends or suspends all children of a run from another thread.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(unix)]
use std::time::Duration;

use super::alarm::{Alarm, Listener};

/// Handle with which another thread ends or suspends the children of a run. Clones of a handle
/// control the same children: all children whose [`Options`](super::Options) contain one of the
/// clones.
///
/// ```
/// use testprog_harness::spawn::Control;
///
/// let control = Control::new();
/// control.interrupt();
/// assert!(control.is_interrupted());
/// ```
#[derive(Clone, Debug)]
pub struct Control(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Alarm that is dropped at the next change of `phase`, which wakes the threads that wait for
    /// children. `alarm` is `None` while the run is suspended or interrupted, and if the system
    /// could not create an alarm. Without an alarm, a thread that waits for a child notices a
    /// change of `phase` within a second.
    alarm: Option<(Alarm, Listener)>,
    /// Number of children that run.
    running: usize,
    /// Number of running children that the suspension has stopped.
    #[cfg(unix)]
    stopped: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Runs,
    #[cfg(unix)]
    Suspended,
    Interrupted,
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}

impl Control {
    /// Returns a handle that controls no children yet.
    pub fn new() -> Self {
        let state = State {
            phase: Phase::Runs,
            alarm: alarm(),
            running: 0,
            #[cfg(unix)]
            stopped: 0,
        };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Ends the children in the same way as at their deadline, and prevents the start of other
    /// children. For each child that was ended or not started, [`run`](super::run) returns an error
    /// for which [`Error::is_interrupted`](super::Error::is_interrupted) is true.
    pub fn interrupt(&self) {
        let mut state = self.lock();
        state.phase = Phase::Interrupted;
        state.alarm = None;
        self.0.changed.notify_all();
    }

    /// Returns true if [`interrupt`](Self::interrupt) was called.
    pub fn is_interrupted(&self) -> bool {
        self.lock().phase == Phase::Interrupted
    }

    /// Stops the children with SIGSTOP, and delays the start of other children until
    /// [`resume`](Self::resume) is called. Returns when all children are stopped, or after `limit`.
    /// The time until `resume` does not count for any child's deadline. The function exists only on
    /// Unix, because Windows has no SIGSTOP.
    #[cfg(unix)]
    pub fn suspend(&self, limit: Duration) {
        let mut state = self.lock();
        if state.phase != Phase::Runs {
            return;
        }
        state.phase = Phase::Suspended;
        state.alarm = None;
        let is_pending =
            |state: &mut State| state.phase == Phase::Suspended && state.stopped < state.running;
        drop(self.0.changed.wait_timeout_while(state, limit, is_pending));
    }

    /// Continues the children that [`suspend`](Self::suspend) stopped.
    #[cfg(unix)]
    pub fn resume(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Suspended {
            state.phase = Phase::Runs;
            state.alarm = alarm();
            self.0.changed.notify_all();
        }
    }

    /// Waits while the run is suspended, and then counts a child as running until the returned
    /// [`Entry`] is dropped. Returns `None` if the run was interrupted.
    pub(super) fn enter(&self) -> Option<Entry<'_>> {
        let mut state = self.wait_while_suspended();
        if state.phase == Phase::Interrupted {
            return None;
        }
        state.running += 1;
        Some(Entry(self))
    }

    /// Returns the current phase, and a listener that wakes a thread at the next change of the
    /// phase.
    pub(super) fn now(&self) -> (Phase, Option<Listener>) {
        let state = self.lock();
        (state.phase, state.alarm.as_ref().map(|(_, listener)| listener.clone()))
    }

    /// Counts a child as stopped and waits until the suspension is over.
    #[cfg(unix)]
    pub(super) fn stay_suspended(&self) {
        self.lock().stopped += 1;
        self.0.changed.notify_all();
        self.wait_while_suspended().stopped -= 1;
    }

    #[cfg(unix)]
    fn wait_while_suspended(&self) -> MutexGuard<'_, State> {
        let is_suspended = |state: &mut State| state.phase == Phase::Suspended;
        let state = self.0.changed.wait_while(self.lock(), is_suspended);
        state.unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(not(unix))]
    fn wait_while_suspended(&self) -> MutexGuard<'_, State> {
        self.lock()
    }

    /// Locks the state, even if a thread panicked while it held the lock: no operation leaves the
    /// state inconsistent.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Guard that counts a child as running until the guard is dropped.
#[derive(Debug)]
pub(super) struct Entry<'a>(&'a Control);

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running -= 1;
        #[cfg(unix)]
        if state.phase == Phase::Suspended {
            self.0.0.changed.notify_all(); // `suspend` waits for changes of `running`
        }
    }
}

fn alarm() -> Option<(Alarm, Listener)> {
    Alarm::new().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use std::thread;

    use super::*;
    use crate::spawn::{End, Error, Options, Outcome, Program, run};

    /// Runs a shell script on another thread, and calls `act` as soon as the script runs.
    fn meanwhile(script: &str, act: impl FnOnce(&Control)) -> Result<Outcome, Error> {
        let mut program = Program::new("/bin/sh");
        program.args = vec!["-c".into()];
        let control = Control::new();
        let deadline = Duration::from_secs(60);
        let options = Options { deadline, control: Some(control.clone()), ..Options::default() };
        thread::scope(|scope| {
            let child = scope.spawn(|| run(&program, script, &options));
            while control.lock().running == 0 {
                thread::yield_now();
            }
            act(&control);
            child.join().expect("`run` does not panic")
        })
    }

    #[test]
    fn an_interrupt_ends_the_child_and_the_next_one_is_not_started() {
        let error = meanwhile("sleep 1000", Control::interrupt).unwrap_err();
        assert!(error.is_interrupted() && !error.is_lack_of_resources());
        assert_eq!(error.to_string(), "failed to finish `/bin/sh`: the run was interrupted");
        let control = Control::new();
        control.interrupt();
        assert!(control.enter().is_none());
    }

    #[test]
    fn a_suspended_child_goes_on_afterwards() {
        let folder = std::env::temp_dir().join(format!("suspended-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        // The script ends after `resume`, so the child cannot end before `suspend` has stopped it.
        let is_resumed = folder.join("is-resumed");
        let path = is_resumed.display();
        let script = format!("while [ ! -e '{path}' ]; do sleep 0.01; done; echo OK");
        let outcome = meanwhile(&script, |control| {
            control.suspend(Duration::from_secs(60));
            let state = control.lock();
            let seen = (state.phase, state.stopped);
            drop(state);
            control.resume();
            std::fs::write(&is_resumed, "").unwrap();
            assert_eq!(seen, (Phase::Suspended, 1));
        });
        std::fs::remove_dir_all(folder).unwrap();
        let outcome = outcome.unwrap();
        assert_eq!((outcome.end, &*outcome.stdout.head), (End::Exited(0), &b"OK\n"[..]));
    }

    #[test]
    fn a_suspended_child_can_be_interrupted() {
        let ended = meanwhile("sleep 1000", |control| {
            control.suspend(Duration::from_secs(60));
            control.interrupt();
        });
        assert!(ended.unwrap_err().is_interrupted());
    }
}
