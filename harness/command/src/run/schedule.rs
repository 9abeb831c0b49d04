//! Decides which case runs next, in rounds of all selected cases, until a bound is reached.

use std::time::Instant;

/// Bounds that end a run. The run ends at the bound that is reached first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds {
    /// Number of rounds; `None` means no bound.
    pub(crate) rounds: Option<u64>,
    /// Time after which no case is started. Every case of the first round is started even after
    /// `until`.
    pub(crate) until: Option<Instant>,
}

/// One scheduled run of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Index of the case in the list of selected cases.
    pub(crate) index: usize,
    /// Number of the round, counted from 1.
    pub(crate) iteration: u64,
    /// Seed of the order of this round. The option `--shuffle=SEED` with this seed runs its first
    /// round in the order of this round.
    pub(crate) seed: Option<u32>,
}

/// Schedule of a run. Only the order of the current round is kept in memory.
#[derive(Debug)]
pub(crate) struct Schedule {
    order: Vec<usize>,
    position: usize,
    iteration: u64,
    seed: Option<u32>,
    bounds: Bounds,
    stopped: bool,
    /// Scheduled runs that a worker gave back because the worker could not execute them.
    /// `given_back` is `None` after a call of [`Schedule::stop`].
    given_back: Option<Vec<Turn>>,
}

impl Schedule {
    pub(crate) fn new(cases: usize, seed: Option<u32>, bounds: Bounds) -> Self {
        let order = order(cases, seed);
        Self {
            order,
            position: 0,
            iteration: 1,
            seed,
            bounds,
            stopped: false,
            given_back: Some(Vec::new()),
        }
    }

    /// Returns the next turn (scheduled run of a case), or `None` if the run is over.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Turn> {
        if let Some(turn) = self.given_back.as_mut().and_then(Vec::pop) {
            return Some(turn);
        }
        if self.stopped || self.order.is_empty() {
            return None;
        }
        let ends_round = self.position == self.order.len();
        let first_round = self.iteration == 1 && !ends_round;
        let too_late = self.bounds.until.is_some_and(|until| now >= until);
        let last_round = self.bounds.rounds.is_some_and(|rounds| self.iteration >= rounds);
        if (too_late && !first_round) || (ends_round && last_round) {
            self.stopped = true;
            return None;
        }
        if ends_round {
            self.iteration += 1;
            self.seed = self.seed.map(|seed| seed.wrapping_add(1));
            self.order = order(self.order.len(), self.seed);
            self.position = 0;
        }
        let index = self.order[self.position];
        self.position += 1;
        Some(Turn { index, iteration: self.iteration, seed: self.seed })
    }

    /// Takes back a scheduled run that did not start. [`next`](Self::next) returns the scheduled
    /// run again, unless [`Schedule::stop`] was called.
    pub(crate) fn give_back(&mut self, turn: Turn) {
        self.given_back.iter_mut().for_each(|turns| turns.push(turn));
    }

    /// Ends the schedule, so that all later calls of `next` return `None`.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        self.given_back = None;
    }
}

/// Returns the order of a round: the random order of the seed, or without a seed the order of the
/// listing.
fn order(cases: usize, seed: Option<u32>) -> Vec<usize> {
    let mut order: Vec<_> = (0..cases).collect();
    if let Some(seed) = seed {
        // This function sorts by random keys, because the result of fastrand's `shuffle` depends on
        // the pointer width. A seed must give the same order on every computer.
        let mut random = fastrand::Rng::with_seed(seed.into());
        order.sort_by_cached_key(|_| random.u64(..));
    }
    order
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rounds(rounds: u64) -> Bounds {
        Bounds { rounds: Some(rounds), until: None }
    }

    fn turns(mut schedule: Schedule) -> Vec<(usize, u64)> {
        let now = Instant::now();
        std::iter::from_fn(|| schedule.next(now)).map(|turn| (turn.index, turn.iteration)).collect()
    }

    #[test]
    fn without_a_seed_each_round_is_in_the_order_of_the_listing() {
        let expected = [(0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2)];
        assert_eq!(turns(Schedule::new(3, None, rounds(2))), expected);
        assert_eq!(turns(Schedule::new(0, None, Bounds::default())), []);
    }

    #[test]
    fn a_seed_repeats_its_order_and_other_rounds_have_others() {
        let all = turns(Schedule::new(20, Some(7), rounds(3)));
        assert_eq!(all, turns(Schedule::new(20, Some(7), rounds(3))));
        let round = |number| all.iter().filter(move |turn| turn.1 == number).map(|turn| turn.0);
        let mut sorted: Vec<_> = round(2).collect();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
        assert!(!round(1).eq(0..20) && !round(1).eq(round(2)));
        assert!(!round(1).eq(turns(Schedule::new(20, Some(8000), rounds(1))).iter().map(|t| t.0)));
    }

    #[test]
    fn a_seed_means_the_same_for_ever() {
        assert_eq!(order(8, Some(1)), [4, 2, 1, 0, 6, 3, 5, 7]);
    }

    #[test]
    fn the_seed_of_a_round_repeats_it_alone() {
        let mut schedule = Schedule::new(20, Some(u32::MAX), rounds(2));
        let now = Instant::now();
        let all: Vec<_> = std::iter::from_fn(|| schedule.next(now)).collect();
        let seed = all[20].seed;
        assert_eq!(seed, Some(0));
        let alone: Vec<_> =
            turns(Schedule::new(20, seed, rounds(1))).iter().map(|turn| turn.0).collect();
        assert_eq!(alone, all[20..].iter().map(|turn| turn.index).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_round_is_whole_however_late_it_is() {
        let now = Instant::now();
        let bounds = Bounds { rounds: None, until: Some(now) };
        assert_eq!(turns(Schedule::new(3, None, bounds)), [(0, 1), (1, 1), (2, 1)]);
    }

    #[test]
    fn time_ends_a_later_round_anywhere() {
        let now = Instant::now();
        let until = now + Duration::from_secs(1);
        let mut schedule = Schedule::new(2, None, Bounds { rounds: None, until: Some(until) });
        assert!((0..3).all(|_| schedule.next(now).is_some()));
        assert_eq!(schedule.next(until), None);
        assert_eq!(schedule.next(now), None);
    }

    #[test]
    fn a_turn_that_was_given_back_comes_again() {
        let now = Instant::now();
        let mut schedule = Schedule::new(1, None, rounds(1));
        let turn = schedule.next(now).unwrap();
        assert_eq!(schedule.next(now), None);
        schedule.give_back(turn);
        assert_eq!((schedule.next(now), schedule.next(now)), (Some(turn), None));
        schedule.stop();
        schedule.give_back(turn);
        assert_eq!(schedule.next(now), None);
    }

    #[test]
    fn once_stopped_it_gives_nothing() {
        let mut schedule = Schedule::new(2, None, Bounds::default());
        assert!(schedule.next(Instant::now()).is_some());
        schedule.stop();
        assert_eq!(schedule.next(Instant::now()), None);
    }
}
