//! One attempt of a case, in the form that the runner keeps until the reports are written.

use std::io;
use std::mem;
use std::time::Duration;

use testprog_harness::report;
use testprog_harness::spawn::{End, Outcome};
use testprog_harness::suite::Trial;
use testprog_harness::verdict::Verdict;

use super::store::{Store, Stored};

/// Verdict of every [`Kept::Plain`] attempt.
static PASS: Verdict = Verdict::Pass { alternative: None, known: None };

/// One attempt of a case. The output of the attempt is in the [`Store`] of the run.
#[derive(Debug)]
pub(crate) struct Attempt {
    kept: Kept,
    output: Stored,
}

#[derive(Debug)]
enum Kept {
    /// Pass whose report consists of the facts alone. A run may have a hundred thousand plain
    /// passes, so a plain pass takes little memory.
    Plain(Facts),
    /// Any other result, without the output.
    Trial(Box<Trial>),
}

/// Facts about a child that every report of an attempt shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) end: End,
    pub(crate) wall: Duration,
    /// Processor time in user mode and in kernel mode.
    pub(crate) cpu: Duration,
    pub(crate) max_rss: u64,
    pub(crate) merged: bool,
}

impl Facts {
    fn of(outcome: &Outcome) -> Self {
        Self {
            end: outcome.end,
            wall: outcome.wall,
            cpu: outcome.user + outcome.system,
            max_rss: outcome.max_rss,
            merged: outcome.merged,
        }
    }
}

impl Attempt {
    /// Moves the output of `trial` to the store, or drops the output if `store` is `None`.
    pub(crate) fn new(mut trial: Trial, store: Option<&mut Store>) -> Self {
        let Some(outcome) = &mut trial.outcome else {
            return Self { kept: Kept::Trial(Box::new(trial)), output: Stored::Nothing };
        };
        let streams = [mem::take(&mut outcome.stdout), mem::take(&mut outcome.stderr)];
        let output = store.map_or(Stored::Nothing, |store| store.put(streams));
        let kept = match &trial.outcome {
            Some(outcome) if trial.verdict == PASS && is_plain(outcome) => {
                Kept::Plain(Facts::of(outcome))
            }
            _ => Kept::Trial(Box::new(trial)),
        };
        Self { kept, output }
    }

    pub(crate) fn verdict(&self) -> &Verdict {
        match &self.kept {
            Kept::Plain(_) => &PASS,
            Kept::Trial(trial) => &trial.verdict,
        }
    }

    /// Returns the facts about the child, or `None` if no child ran.
    pub(crate) fn facts(&self) -> Option<Facts> {
        match &self.kept {
            Kept::Plain(facts) => Some(*facts),
            Kept::Trial(trial) => trial.outcome.as_ref().map(Facts::of),
        }
    }

    /// Returns the outcome without the output, or `None` if no child ran or if the outcome has
    /// nothing more than [`facts`](Self::facts).
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match &self.kept {
            Kept::Plain(_) => None,
            Kept::Trial(trial) => trial.outcome.as_ref(),
        }
    }

    /// Returns the position of the attempt's output in the [`Store`].
    pub(crate) fn output(&self) -> &Stored {
        &self.output
    }

    /// Returns the trial with its output, or `None` for a plain pass, which has no details.
    ///
    /// # Errors
    ///
    /// Returns an error if the output cannot be read.
    pub(crate) fn trial(&self, store: &Store) -> io::Result<Option<Trial>> {
        let Kept::Trial(trial) = &self.kept else { return Ok(None) };
        let mut trial = (**trial).clone();
        if let Some(outcome) = &mut trial.outcome {
            [outcome.stdout, outcome.stderr] = store.get(&self.output)?;
        }
        Ok(Some(trial))
    }

    /// Returns the reason for the verdict in one line, which is empty for a plain pass.
    pub(crate) fn reason(&self) -> String {
        match &self.kept {
            Kept::Plain(_) => String::new(),
            Kept::Trial(trial) => report::trial_reason(trial),
        }
    }
}

/// Returns true if the outcome has nothing more than its [`Facts`] and its output.
fn is_plain(outcome: &Outcome) -> bool {
    let Outcome { leaked, hang, backtrace, fault, not_removed, not_killed, artifacts, .. } =
        outcome;
    !leaked
        && hang.is_none()
        && backtrace.is_none()
        && fault.is_none()
        && not_removed.is_none()
        && not_killed.is_none()
        && artifacts.directory().is_none()
        && artifacts.core_file().is_none()
}
