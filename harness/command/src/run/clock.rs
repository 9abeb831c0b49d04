//! Measures the time of a run, without the time in which the command was suspended.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest time that may pass between two calls of [`Clock::now`] while the command runs.
pub(super) const STEP: Duration = Duration::from_secs(1);

/// Time by which the time between two calls of [`Clock::now`] may exceed [`STEP`] on a busy
/// computer. If more time than `STEP` and `SLACK` has passed between two calls, the command was
/// suspended: by SIGSTOP, by Ctrl-Z, or by a frozen container.
const SLACK: Duration = Duration::from_secs(1);

/// Clock that stands still while the command is suspended.
#[derive(Debug)]
pub(super) struct Clock(Mutex<State>);

#[derive(Debug)]
struct State {
    /// System time of the last call of [`Clock::now`].
    last: Instant,
    /// Time during which the clock stood still.
    lost: Duration,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State { last: Instant::now(), lost: Duration::ZERO }))
    }

    /// Returns the present time on this clock. Some thread must call `now` at least once in each
    /// [`STEP`], because a longer time between two calls counts as a suspension.
    pub(super) fn now(&self) -> Instant {
        self.now_at(Instant::now())
    }

    fn now_at(&self, now: Instant) -> Instant {
        // A panic of another thread leaves `State` consistent, so a poisoned lock is usable.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(state.last);
        if passed > STEP + SLACK {
            state.lost += passed.saturating_sub(STEP);
        }
        state.last = state.last.max(now);
        // `lost` is shorter than the time since the clock started, so the subtraction cannot fail.
        now.checked_sub(state.lost).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspension_does_not_count() {
        let clock = Clock::new();
        let start = clock.now();
        assert_eq!(clock.now_at(start + STEP), start + STEP);
        // A call that is late by exactly `SLACK` does not count as a suspension, because a busy
        // computer can delay a thread.
        assert_eq!(clock.now_at(start + 2 * STEP + SLACK), start + 2 * STEP + SLACK);
        assert_eq!(clock.now_at(start + 60 * STEP), start + 3 * STEP + SLACK);
        assert_eq!(clock.now_at(start + 61 * STEP), start + 4 * STEP + SLACK);
        // Two threads may read the system time in one order and call `now_at` in the other order.
        assert_eq!(clock.now_at(start + 60 * STEP), start + 3 * STEP + SLACK);
    }
}
