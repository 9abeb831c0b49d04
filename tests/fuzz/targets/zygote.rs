//! Fuzzes [`testprog_fuzz::zygote`].
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| testprog_fuzz::zygote(data));

#[cfg(not(fuzzing))]
fn main() {}
