//! Measures how long a child has run, without the time in which the runner was suspended or used a
//! debugger.

use std::time::{Duration, Instant};

/// Longest wait of the runner while a child runs. A longer wait would hide how long the runner was
/// suspended.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Time by which a wait may exceed its limit on a busy computer. If a wait exceeds its limit by
/// more than `SLACK`, the runner was suspended: by SIGSTOP, by a frozen container, or because the
/// computer slept.
const SLACK: Duration = Duration::from_millis(100);

/// Clock that stands still while the runner is suspended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
    /// Time of the last [`tick`](Self::tick) or [`skip`](Self::skip).
    last: Instant,
    /// Time since the start during which the clock stood still.
    lost: Duration,
}

impl Clock {
    pub(super) fn new() -> Self {
        let start = Instant::now();
        Self { start, last: start, lost: Duration::ZERO }
    }

    /// Returns the time since the start, without the time that the runner was suspended.
    pub(super) fn elapsed(&self) -> Duration {
        self.last.saturating_duration_since(self.start).saturating_sub(self.lost)
    }

    /// Returns how long to wait until the clock shows `until`, but at most [`LONGEST_WAIT`].
    pub(super) fn left(&self, until: Duration) -> Duration {
        until.saturating_sub(self.elapsed()).min(LONGEST_WAIT)
    }

    /// Advances the clock after a wait whose limit was `limit`, and returns the clock's time.
    pub(super) fn tick(&mut self, limit: Duration) -> Duration {
        self.tick_at(Instant::now(), limit)
    }

    fn tick_at(&mut self, now: Instant, limit: Duration) -> Duration {
        let passed = now.saturating_duration_since(self.last);
        if passed > limit.saturating_add(SLACK) {
            self.lost += passed.saturating_sub(limit);
        }
        self.last = now;
        self.elapsed()
    }

    /// Excludes the time since the last [`tick`](Self::tick) or `skip` from the clock's time.
    pub(super) fn skip(&mut self) {
        let now = Instant::now();
        self.lost += now.saturating_duration_since(self.last);
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_overslept_by_far_counts_as_its_limit() {
        let mut clock = Clock::new();
        let (start, second) = (clock.start, Duration::from_secs(1));
        assert_eq!(clock.tick_at(start + second, second), second);
        assert_eq!(clock.tick_at(start + 30 * second, second), 2 * second);
        // A wait that exceeds its limit by exactly `SLACK` counts in full, because a busy computer
        // can delay the runner.
        let late = 30 * second + second + SLACK;
        assert_eq!(clock.tick_at(start + late, second), 3 * second + SLACK);
        assert_eq!(clock.left(4 * second) + SLACK, second);
        assert_eq!(clock.left(60 * second), LONGEST_WAIT);
        assert_eq!(clock.left(second), Duration::ZERO);
    }
}
