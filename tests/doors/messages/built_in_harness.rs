testprog_harness::main!([testprog_harness::Scenario::new("passes", || {})]);
