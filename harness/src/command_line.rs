//! Reads the command line of a test target: the flags of libtest that libtest-mimic does not have,
//! and the environment variables of libtest.

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use libtest_mimic::{Arguments, Trial};

use crate::text::{excerpt, one_line};
use crate::variables::is_hidden_by_nextest;

/// Command line of a test target.
#[derive(Debug)]
pub(crate) struct CommandLine {
    /// Arguments for libtest-mimic, without the filters.
    pub(crate) arguments: Arguments,
    /// Texts of which a trial's name must contain at least one. Without a filter, every trial runs.
    filters: Vec<String>,
    /// Seed of the random order of the trials, if a random order is requested.
    pub(crate) seed: Option<u64>,
    /// Whether to print how long each case ran.
    pub(crate) report_time: bool,
}

/// Flags of libtest-mimic whose value is the next word of the command line.
const WITH_VALUE: &[&str] = &["--test-threads", "--logfile", "--skip", "--color", "--format", "-Z"];

impl CommandLine {
    /// Reads the command line and the environment of this process.
    ///
    /// If libtest-mimic does not know an argument, or if the argument is `--help`, this function
    /// prints a message and ends this process, as libtest does.
    ///
    /// # Errors
    ///
    /// Returns a one-line message if a value cannot be used.
    pub(crate) fn of_this_process() -> Result<Self, String> {
        Self::parse(env::args_os(), |name| env::var(name).ok())
    }

    /// Reads the words of a command line, the first of which is the name of the program.
    fn parse(
        words: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut words = words.into_iter();
        let mut passed_on: Vec<OsString> = words.next().into_iter().collect();
        let is_on = |name| variable(name).is_some_and(|value| value != "0");
        let mut filters = Vec::new();
        let mut report_time = false;
        let mut shuffles = is_on("RUST_TEST_SHUFFLE");
        let mut seed = variable("RUST_TEST_SHUFFLE_SEED");
        let mut only_filters = false;
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            match &*text {
                _ if only_filters || !text.starts_with('-') => filters.push(text),
                "--" => only_filters = true,
                "--no-capture" => passed_on.push("--nocapture".into()),
                "--report-time" => report_time = true,
                "--shuffle" => shuffles = true,
                "--shuffle-seed" => {
                    seed = words.next().map(|value| value.to_string_lossy().into_owned());
                    // A missing seed is read as an empty text, which the code below reports as a
                    // wrong seed.
                    seed.get_or_insert_default();
                }
                _ if WITH_VALUE.contains(&&*text) => {
                    passed_on.push(word);
                    passed_on.extend(words.next());
                }
                _ => match text.strip_prefix("--shuffle-seed=") {
                    Some(value) => seed = Some(value.to_owned()),
                    None => passed_on.push(word),
                },
            }
        }
        let seed = seed.map(|text| number(&text, "--shuffle-seed")).transpose()?;
        let mut arguments = Arguments::from_iter(passed_on);
        arguments.nocapture |= is_on("RUST_TEST_NOCAPTURE");
        if let (None, Some(text)) = (arguments.test_threads, variable("RUST_TEST_THREADS")) {
            arguments.test_threads = Some(number(&text, "RUST_TEST_THREADS")?);
        }
        // With 0 threads, libtest-mimic would wait without end.
        if arguments.test_threads == Some(0) {
            return Err("failed to use 0 test threads: expected a number above 0".to_owned());
        }
        if let Some(path) = &arguments.logfile {
            // libtest-mimic would panic if it cannot write the file.
            let opened = OpenOptions::new().append(true).create(true).open(path);
            opened.map_err(|error| format!("failed to write `{}`: {error}", one_line(path)))?;
        }
        let seed = seed.or_else(|| shuffles.then(random));
        Ok(Self { arguments, filters, seed, report_time })
    }

    /// Returns true if the output of the children is to be shown while they run.
    pub(crate) fn is_live(&self) -> bool {
        self.arguments.nocapture && !is_hidden_by_nextest()
    }

    /// Returns true if the filters select the trial.
    fn selects(&self, trial: &Trial) -> bool {
        let with_kind = match trial.kind() {
            "" => trial.name().to_owned(),
            kind => format!("[{kind}] {}", trial.name()),
        };
        let is_exact = self.arguments.exact;
        let matches = |pattern: &String| {
            let is_equal = trial.name() == pattern || with_kind == *pattern;
            is_equal || (!is_exact && with_kind.contains(pattern))
        };
        let is_chosen = self.filters.is_empty() || self.filters.iter().any(matches);
        is_chosen && !self.arguments.skip.iter().any(matches)
    }

    /// Shuffles the trials if the command line requests it, and returns arguments with which
    /// libtest-mimic runs the selected trials.
    ///
    /// libtest-mimic accepts only one filter. The returned arguments skip every trial that is not
    /// selected, and libtest-mimic counts the skipped trials as filtered out.
    pub(crate) fn select(&self, trials: &mut [Trial]) -> Arguments {
        if let Some(seed) = self.seed {
            shuffle(trials, seed);
        }
        let skipped = trials.iter().filter(|trial| !self.selects(trial));
        let skip = skipped.map(|trial| trial.name().to_owned()).collect();
        Arguments { exact: true, skip, ..self.arguments.clone() }
    }
}

fn number<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("failed to read {what}=`{}`: expected a number", excerpt(text)))
}

/// Returns a seed that differs from run to run.
fn random() -> u64 {
    // Each `RandomState` has different random keys. The modulo limits the seed to nine digits, so
    // that a person can type the seed.
    RandomState::new().build_hasher().finish() % 1_000_000_000
}

/// Shuffles with the algorithm of Fisher and Yates, and random numbers of `SplitMix64`
/// (<https://prng.di.unimi.it/splitmix64.c>).
fn shuffle<T>(list: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..list.len()).rev() {
        // The modulo favors small numbers a little, which does not matter for the order of tests.
        let place = split_mix_64(&mut state) % (last as u64 + 1);
        list.swap(last, usize::try_from(place).expect("`place` is at most `last`"));
    }
}

fn split_mix_64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_numbers_are_those_of_the_published_algorithm() {
        let mut state = 1_234_567;
        let numbers = [0; 3].map(|_| split_mix_64(&mut state));
        // First numbers of the C program at <https://prng.di.unimi.it/splitmix64.c> for this seed.
        let published =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(numbers, published);
    }

    #[test]
    fn a_seed_differs_from_run_to_run_and_can_be_typed() {
        let seeds = [0; 3].map(|_| random());
        assert!(seeds.iter().any(|seed| *seed != seeds[0]), "{seeds:?}");
        assert!(seeds.iter().all(|seed| *seed < 1_000_000_000), "{seeds:?}");
    }

    fn parse(words: &[&str], variables: &[(&str, &str)]) -> Result<CommandLine, String> {
        let words = ["program"].iter().chain(words).map(OsString::from);
        CommandLine::parse(words, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    /// Returns the names of the trials that run with these words on the command line.
    fn chosen(words: &[&str]) -> Vec<String> {
        let names = ["sums::adds", "sums::overflows", "adds", "divides"];
        let mut trials: Vec<_> = names.map(|name| Trial::test(name, || Ok(()))).into();
        trials.push(Trial::test("leaks", || Ok(())).with_kind("known bug"));
        let arguments = parse(words, &[]).unwrap().select(&mut trials);
        trials.retain(|trial| !arguments.is_filtered_out(trial));
        trials.iter().map(|trial| trial.name().to_owned()).collect()
    }

    #[test]
    fn a_trial_runs_if_one_of_the_filters_and_no_skip_matches() {
        assert_eq!(chosen(&[]).len(), 5);
        assert_eq!(chosen(&["adds"]), ["sums::adds", "adds"]);
        assert_eq!(chosen(&["over", "div"]), ["sums::overflows", "divides"]);
        assert_eq!(chosen(&["adds", "--exact"]), ["adds"]);
        assert_eq!(chosen(&["--exact", "adds", "divides"]), ["adds", "divides"]);
        assert_eq!(chosen(&["adds", "--skip", "sums"]), ["adds"]);
        assert_eq!(chosen(&["--skip=sums", "--skip", "add"]), ["divides", "leaks"]);
        assert_eq!(chosen(&["--exact", "--skip", "adds"]).len(), 4);
        assert_eq!(chosen(&["--", "--exact"]), [""; 0]);
    }

    #[test]
    fn a_trial_is_found_with_and_without_its_kind() {
        assert_eq!(chosen(&["--exact", "leaks"]), ["leaks"]);
        assert_eq!(chosen(&["--exact", "[known bug] leaks"]), ["leaks"]);
        assert_eq!(chosen(&["known bug"]), ["leaks"]);
    }

    #[test]
    fn a_value_of_a_flag_is_no_filter() {
        let words = ["--test-threads", "3", "--color", "never", "--format", "json", "-Z"];
        let line = parse(&[&words[..], &["unstable-options", "a"]].concat(), &[]).unwrap();
        assert_eq!((line.arguments.test_threads, &*line.filters), (Some(3), &["a".to_owned()][..]));
    }

    #[test]
    fn the_order_is_random_if_it_is_asked_for_and_repeats_with_its_seed() {
        assert_eq!(parse(&[], &[]).unwrap().seed, None);
        assert_eq!(parse(&["--shuffle-seed", "7"], &[]).unwrap().seed, Some(7));
        assert_eq!(parse(&["--shuffle-seed=8"], &[]).unwrap().seed, Some(8));
        assert!(parse(&["--shuffle"], &[]).unwrap().seed.is_some());
        assert!(parse(&[], &[("RUST_TEST_SHUFFLE", "1")]).unwrap().seed.is_some());
        assert_eq!(parse(&[], &[("RUST_TEST_SHUFFLE", "0")]).unwrap().seed, None);
        assert_eq!(parse(&[], &[("RUST_TEST_SHUFFLE_SEED", "9")]).unwrap().seed, Some(9));
        let order = |seed| {
            let mut list: Vec<_> = (0..20).collect();
            shuffle(&mut list, seed);
            list
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let mut sorted = order(1);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
        assert_ne!(order(1), sorted);
    }

    #[test]
    fn the_variables_of_libtest_count_unless_a_flag_says_otherwise() {
        let threads = |words: &[&str], value| {
            parse(words, &[("RUST_TEST_THREADS", value)]).unwrap().arguments.test_threads
        };
        assert_eq!(threads(&[], "3"), Some(3));
        assert_eq!(threads(&["--test-threads=2"], "3"), Some(2));
        let shows = |words: &[&str], value| {
            parse(words, &[("RUST_TEST_NOCAPTURE", value)]).unwrap().arguments.nocapture
        };
        assert!(shows(&[], "1") && shows(&["--no-capture"], "0") && shows(&["--nocapture"], "0"));
        assert!(!shows(&[], "0"));
        assert!(parse(&["--report-time"], &[]).unwrap().report_time);
        assert!(!parse(&[], &[]).unwrap().report_time);
    }

    #[test]
    fn a_value_that_cannot_be_used_is_one_line() {
        for (words, variables, message) in [
            (&["--shuffle-seed"][..], &[][..], "failed to read --shuffle-seed=``"),
            (&["--shuffle-seed=x\n"], &[], "failed to read --shuffle-seed=`x"),
            (&[], &[("RUST_TEST_THREADS", "x")], "failed to read RUST_TEST_THREADS=`x`"),
            (&["--test-threads=0"], &[], "failed to use 0 test threads"),
            (&[], &[("RUST_TEST_THREADS", "0")], "failed to use 0 test threads"),
            (&["--logfile", "/no/such/folder"], &[], "failed to write `/no/such/folder`"),
            (&["--logfile", "/no/such\nfolder"], &[], "failed to write `/no/such"),
        ] {
            let error = parse(words, variables).unwrap_err();
            assert!(error.starts_with(message) && error.lines().count() == 1, "{error}");
        }
    }
}
