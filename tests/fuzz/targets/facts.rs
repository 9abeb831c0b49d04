//! Fuzzes [`testprog_fuzz::facts`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| testprog_fuzz::facts(data));

#[cfg(not(fuzzing))]
fn main() {}
