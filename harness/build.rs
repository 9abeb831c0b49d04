//! Passes the target triple to the library, because Cargo sets `TARGET` only for build scripts.
//! Defines the configuration `bsd` for the BSDs and Apple systems, which have kqueue(2) and
//! chflags(2).

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let triple = env::var("TARGET").expect("Cargo sets `TARGET` for build scripts");
    println!("cargo:rustc-env=TESTPROG_TARGET={triple}");
    let of_target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_apple = of_target("VENDOR") == "apple";
    println!("cargo:rustc-check-cfg=cfg(bsd)");
    if is_apple || ["freebsd", "dragonfly", "netbsd", "openbsd"].contains(&&*of_target("OS")) {
        println!("cargo:rustc-cfg=bsd");
    }
}
