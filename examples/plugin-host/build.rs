//! Compiles each C file in `plugins/` to a shared library in Cargo's output directory.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=plugins");
    let folder = env::var("OUT_DIR").unwrap();
    for source in fs::read_dir("plugins").unwrap() {
        let source = source.unwrap().path();
        let library = Path::new(&folder).join(source.with_extension("so").file_name().unwrap());
        let mut compiler = cc::Build::new().get_compiler().to_command();
        let status = compiler.args(["-shared", "-fPIC", "-o"]).arg(library).arg(source).status();
        assert!(status.unwrap().success());
    }
}
