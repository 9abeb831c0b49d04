//! Measures how fast foreign text is escaped, compared with a copy of the same bytes.
//!
//! `cargo bench -p cargo-testprog --bench escape` prints the rate of [`text::escape`] for several
//! kinds of text, and the time of escaping as a ratio to the time of a copy. Copying and escaping
//! take turns, so that a change in the computer's speed affects both. Without `--bench`, the
//! benchmark escapes each kind of text once.

use std::env;
use std::hint::black_box;
use std::time::{Duration, Instant};

use testprog_harness::text;

/// Number of bytes of each text. With much larger texts, the benchmark would also measure page
/// faults of the allocator.
const SIZE: usize = 1 << 20;
const ROUNDS: usize = 101;

fn main() {
    let is_measured = env::args().any(|word| word == "--bench");
    let (size, rounds) = if is_measured { (SIZE, ROUNDS) } else { (1 << 10, 1) };
    println!("{:<28} {:>10} {:>14}", "text", "MB/s", "copy = 1");
    for (name, sample) in samples() {
        let bytes: Vec<u8> = sample.iter().copied().cycle().take(size).collect();
        let (mut copies, mut escapes) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            copies.push(time(|| bytes.clone()));
            escapes.push(time(|| text::escape(&bytes)));
        }
        let (copy, escape) = (median(copies), median(escapes));
        let rate = bytes.len() as u128 * 1000 / escape.as_nanos().max(1);
        let ratio = escape.as_secs_f64() / copy.as_secs_f64();
        println!("{name:<28} {rate:>10} {ratio:>14.1}");
    }
}

/// Kinds of text that children print.
fn samples() -> [(&'static str, Vec<u8>); 7] {
    let log = "thread 'main' panicked at src/main.rs:10:5: index out of bounds: the len is 3\n";
    let colors = "\u{1b}[31mFAIL\u{1b}[0m\u{1b}[1m tests::parse\u{1b}[0m (0.012 s)\r\n";
    let mut random = fastrand::Rng::with_seed(1);
    let random: Vec<u8> = (0..1 << 16).map(|_| random.u8(..)).collect();
    let marks = "# heading :: of a part, ## of another [x]: a::b::c\n::: #\n";
    [
        ("a long line", b"x".repeat(1 << 10)),
        ("a log", log.into()),
        ("a log with colors", colors.into()),
        ("colons and number signs", marks.into()),
        ("words in Cyrillic", "Не удалось открыть файл: нет доступа\n".into()),
        ("words in Chinese", "线程在第十行崩溃，索引超出范围。\n".into()),
        ("random bytes", random),
    ]
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let result = black_box(work());
    let time = start.elapsed();
    drop(result);
    time
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
