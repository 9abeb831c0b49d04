//! Measures a child's time without the time in which the runner could not attend to the child.

use std::time::{Duration, Instant};

/// Longest wait of the runner while a child runs. A longer one would hide how long the runner was
/// suspended.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Time by which a wait may exceed its limit on a busy machine. The runner was suspended if a wait
/// takes longer: by SIGSTOP, by a frozen container, or because the machine slept.
const SLACK: Duration = Duration::from_millis(100);

/// Clock that stands still while the runner is suspended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
    /// System time at the last [`tick`](Self::tick).
    last: Instant,
    /// Time since the start that does not count.
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

    /// Returns how long to wait at most for the time `until` on this clock.
    pub(super) fn left(&self, until: Duration) -> Duration {
        until.saturating_sub(self.elapsed()).min(LONGEST_WAIT)
    }

    /// Advances the clock after a wait whose limit was `limit`, and returns the time on it.
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

    /// Continues the clock after a time that does not count at all.
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
        // On a busy machine a wait may take a little longer.
        let late = 30 * second + second + SLACK;
        assert_eq!(clock.tick_at(start + late, second), 3 * second + SLACK);
        assert_eq!(clock.left(4 * second) + SLACK, second);
        assert_eq!(clock.left(60 * second), LONGEST_WAIT);
        assert_eq!(clock.left(second), Duration::ZERO);
    }
}
