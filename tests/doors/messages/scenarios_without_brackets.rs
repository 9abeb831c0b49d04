use testprog_harness::Scenario;

testprog_harness::main!(
    Scenario::new("a", || {}),
    Scenario::new("b", || {}),
    Scenario::new("c", || {}),
);
