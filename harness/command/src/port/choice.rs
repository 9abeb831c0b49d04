//! Selects the probes and the cases of a port by the filters of the command line.

use std::collections::BTreeSet;

use testprog_harness::Capability;

use super::{cases, probe};
use crate::args::PortChoiceArgs;
use crate::error::Error;
use crate::run::choice::Choice;

/// Selected probes and cases.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) choice: Choice,
    /// Names of the selected probes.
    pub(crate) probes: BTreeSet<String>,
    /// Names of the selected cases.
    pub(crate) cases: BTreeSet<String>,
}

impl Chosen {
    /// Returns the probes and the cases that the command line selects.
    ///
    /// # Errors
    ///
    /// Fails if the command line selects neither a probe nor a case, or if `--exact` is set and a
    /// filter is not the name of a probe or of a case.
    pub(crate) fn new(args: &PortChoiceArgs) -> Result<Self, Error> {
        let PortChoiceArgs { filters, exact, skip } = args.clone();
        let choice = Choice { filters, exact, skip, ..Choice::default() };
        let probes: Vec<_> = probe::names().collect();
        let cases: Vec<_> = cases::listed().into_iter().map(|case| case.name).collect();
        let all = format!("none of {} probes and {} cases", probes.len(), cases.len());
        let is_known = |name: &String| {
            probes.iter().any(|(_, probe)| probe == name) || cases.iter().any(|case| case == name)
        };
        if let Some(name) = choice.filters.iter().find(|name| choice.exact && !is_known(name)) {
            return Err(Error::nothing_ran(format!(
                "failed to find `{name}`: {all} has this name"
            )));
        }
        let chosen = probes.into_iter().filter(|(area, name)| choice.selects(name, Some(area)));
        let probes: BTreeSet<_> = chosen.map(|(_, name)| name).collect();
        let is_chosen = |name: &String| choice.selects(name, cases::topic(name).as_deref());
        let cases: BTreeSet<_> = cases.into_iter().filter(is_chosen).collect();
        if probes.is_empty() && cases.is_empty() {
            let filters = choice.filters.join("`, `");
            return Err(Error::nothing_ran(if choice.skip.is_empty() {
                format!("failed to find `{filters}`: {all} has a name that contains it")
            } else {
                format!("failed to find a probe or a case: `--skip` leaves {all}")
            }));
        }
        Ok(Self { choice, probes, cases })
    }

    /// Returns whether the command line selects everything.
    pub(crate) fn is_everything(&self) -> bool {
        self.choice.filters.is_empty() && self.choice.skip.is_empty()
    }

    /// Returns the names of the probes that must run: the selected probes, and the probes that
    /// decide whether and how the selected cases are built.
    pub(super) fn needed_probes(&self) -> BTreeSet<String> {
        let mut needed = self.probes.clone();
        if !self.cases.is_empty() {
            needed.extend(Capability::ALL.iter().map(|capability| capability.name().to_owned()));
            needed.extend(cases::needs_of(&self.cases));
        }
        needed
    }
}
