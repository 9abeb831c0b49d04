//! Passes the target triple to the library, because Cargo sets `TARGET` only for build scripts.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let triple = env::var("TARGET").expect("Cargo sets `TARGET` for build scripts");
    println!("cargo:rustc-env=TESTPROG_TARGET={triple}");
}
