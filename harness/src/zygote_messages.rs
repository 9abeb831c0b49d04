//! Defines the messages of a zygote about its forks, and the descriptor of the zygote's socket.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// File descriptor of a zygote's socket.
pub(crate) const ZYGOTE_SOCKET_FD: i32 = 3;

/// Zygote's report about a forked process that has ended: wait status and resource usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForkExit {
    /// Wait status of the process (wait(2)).
    pub(crate) status: i32,
    /// Processor time in user mode of the process and of the children that the process has reaped.
    pub(crate) user: Duration,
    /// Processor time in kernel mode of the processes that `user` counts.
    pub(crate) system: Duration,
    /// Largest resident set of the process, in KiB.
    pub(crate) max_rss_kib: u64,
    /// Whether the zygote exits after this report. A zygote exits if a fork has given the zygote a
    /// child (`CLONE_PARENT`, clone(2)).
    pub(crate) is_last: bool,
}

impl fmt::Display for ForkExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, user, system, max_rss_kib, is_last } = self;
        let word = if *is_last { "last" } else { "ended" };
        write!(f, "{word} {status} {} {} {max_rss_kib}", user.as_micros(), system.as_micros())
    }
}

impl FromStr for ForkExit {
    type Err = UnknownMessage;

    fn from_str(text: &str) -> Result<Self, UnknownMessage> {
        let read = || {
            let mut words = text.strip_suffix('\n').unwrap_or(text).split(' ');
            let is_last = match words.next()? {
                "ended" => false,
                "last" => true,
                _ => return None,
            };
            let status = words.next()?.parse().ok()?;
            let mut number = || words.next()?.parse::<u64>().ok();
            let (user, system, max_rss_kib) = (number()?, number()?, number()?);
            let (user, system) = (Duration::from_micros(user), Duration::from_micros(system));
            Some(Self { status, user, system, max_rss_kib, is_last })
        };
        read().ok_or(UnknownMessage)
    }
}

/// Error for a zygote's message that is not a [`ForkExit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownMessage;

impl fmt::Display for UnknownMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message does not say how a fork ended")
    }
}

impl std::error::Error for UnknownMessage {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_fork_is_read_back() {
        let ended = ForkExit {
            status: 11,
            user: Duration::from_micros(1_000_250),
            system: Duration::from_micros(400),
            max_rss_kib: 2048,
            is_last: false,
        };
        for ended in [ended, ForkExit { is_last: true, ..ended }] {
            assert_eq!(ended.to_string().parse(), Ok(ended));
        }
        for text in ["", "ended", "ended 1 2 3", "ended 1 -2 3 4", "done 1 2 3 4", "OK"] {
            assert!(text.parse::<ForkExit>().is_err(), "{text}");
        }
    }
}

#[cfg(all(test, not(miri)))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_breaks_the_parser(text in any::<String>()) {
            let _ = text.parse::<ForkExit>();
        }

        #[test]
        fn the_end_of_every_fork_is_read_back(
            status in any::<i32>(), times in any::<[u64; 3]>(), is_last in any::<bool>(),
        ) {
            let [user, system, max_rss_kib] = times;
            let (user, system) = (Duration::from_micros(user), Duration::from_micros(system));
            let ended = ForkExit { status, user, system, max_rss_kib, is_last };
            prop_assert_eq!(ended.to_string().parse(), Ok(ended));
        }
    }
}
