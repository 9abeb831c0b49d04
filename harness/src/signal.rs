//! Defines signals by their names.

use std::fmt;

/// Signal, identified by its name, because a signal's number differs between systems and
/// architectures.
///
/// On Windows, the runner reports a fatal exit status as the signal with the same meaning, for
/// example `0xC0000005` as SIGSEGV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the POSIX or Linux signal of the same name")]
pub enum Signal {
    Abrt,
    Alrm,
    Bus,
    Chld,
    Cont,
    Fpe,
    Hup,
    Ill,
    Int,
    Io,
    Kill,
    Pipe,
    Prof,
    Pwr,
    Quit,
    Segv,
    Stkflt,
    Stop,
    Sys,
    Term,
    Trap,
    Tstp,
    Ttin,
    Ttou,
    Urg,
    Usr1,
    Usr2,
    Vtalrm,
    Winch,
    Xcpu,
    Xfsz,
    /// Signal without a variant of its own, usually a real-time signal, by its number on the
    /// runner's system.
    Number(i32),
}

impl From<Signal> for Vec<Signal> {
    /// Returns a list of this signal alone, so that
    /// [`Expectation::dies`](crate::Expectation::dies) accepts a single signal.
    fn from(signal: Signal) -> Self {
        vec![signal]
    }
}

impl Signal {
    /// Every signal that has a variant, with its name, such as `SIGSEGV`.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Abrt, "SIGABRT"),
        (Self::Alrm, "SIGALRM"),
        (Self::Bus, "SIGBUS"),
        (Self::Chld, "SIGCHLD"),
        (Self::Cont, "SIGCONT"),
        (Self::Fpe, "SIGFPE"),
        (Self::Hup, "SIGHUP"),
        (Self::Ill, "SIGILL"),
        (Self::Int, "SIGINT"),
        (Self::Io, "SIGIO"),
        (Self::Kill, "SIGKILL"),
        (Self::Pipe, "SIGPIPE"),
        (Self::Prof, "SIGPROF"),
        (Self::Pwr, "SIGPWR"),
        (Self::Quit, "SIGQUIT"),
        (Self::Segv, "SIGSEGV"),
        (Self::Stkflt, "SIGSTKFLT"),
        (Self::Stop, "SIGSTOP"),
        (Self::Sys, "SIGSYS"),
        (Self::Term, "SIGTERM"),
        (Self::Trap, "SIGTRAP"),
        (Self::Tstp, "SIGTSTP"),
        (Self::Ttin, "SIGTTIN"),
        (Self::Ttou, "SIGTTOU"),
        (Self::Urg, "SIGURG"),
        (Self::Usr1, "SIGUSR1"),
        (Self::Usr2, "SIGUSR2"),
        (Self::Vtalrm, "SIGVTALRM"),
        (Self::Winch, "SIGWINCH"),
        (Self::Xcpu, "SIGXCPU"),
        (Self::Xfsz, "SIGXFSZ"),
    ];

    /// Returns the signal of this name, such as `SIGSEGV` or `SIG34`.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some((signal, _)) = Self::NAMED.iter().find(|(_, known)| *known == name) {
            return Some(*signal);
        }
        // The function rejects `SIG` with a number below 32, because signals below 32 have names,
        // and their numbers differ between systems.
        let number = name.strip_prefix("SIG")?.parse().ok().filter(|number| *number >= 32);
        number.map(Self::Number)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "SIG{number}"),
            named => {
                let known = Self::NAMED.iter().find(|(signal, _)| signal == named);
                f.write_str(known.expect("`NAMED` has every signal but `Number`").1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_read_back_by_its_name() {
        for (signal, name) in Signal::NAMED {
            assert_eq!(signal.to_string(), *name);
            assert_eq!(Signal::from_name(name), Some(*signal));
        }
        assert_eq!(Signal::from_name("SIG34"), Some(Signal::Number(34)));
        assert_eq!(Signal::from_name("SIG9"), None);
        assert_eq!(Signal::from_name("SIGNAL"), None);
        assert_eq!(Signal::from_name("ABRT"), None);
    }
}
