//! Fuzzes [`testprog_fuzz::core_file`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| testprog_fuzz::core_file(data));

#[cfg(not(fuzzing))]
fn main() {}
