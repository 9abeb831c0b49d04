//! Compiles the C library and links it to the crate.

fn main() {
    println!("cargo:rerun-if-changed=loop.c");
    cc::Build::new().file("loop.c").warnings_into_errors(true).compile("loop");
}
