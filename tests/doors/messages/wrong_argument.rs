use testprog_harness::Scenario;

testprog_harness::main!([Scenario::new("passes", |seed: u32| assert_eq!(seed, 5))]);
