testprog_harness::main!([testprog_harness::Scenario::new("passes", || {})]);

#[test]
fn never_runs() {
    panic!("it runs");
}

mod inner {
    #[test]
    #[ignore]
    fn never_runs_either() {}
}
