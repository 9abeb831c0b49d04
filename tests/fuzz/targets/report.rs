//! Fuzzes [`testprog_fuzz::report`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| testprog_fuzz::report(data));

#[cfg(not(fuzzing))]
fn main() {}
