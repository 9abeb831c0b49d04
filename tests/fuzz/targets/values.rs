//! Fuzzes [`testprog_fuzz::values`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| testprog_fuzz::values(data));

#[cfg(not(fuzzing))]
fn main() {}
