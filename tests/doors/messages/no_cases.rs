testprog_harness::main!();
