//! Fuzzes [`testprog_fuzz::listing`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| testprog_fuzz::listing(data));

#[cfg(not(fuzzing))]
fn main() {}
