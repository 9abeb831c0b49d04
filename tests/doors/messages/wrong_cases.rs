testprog_harness::main!("tests");
