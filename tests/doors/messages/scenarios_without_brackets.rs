testprog_harness::main!(
    testprog_harness::Scenario::new("a", || {}),
    testprog_harness::Scenario::new("b", || {}),
    testprog_harness::Scenario::new("c", || {}),
);
