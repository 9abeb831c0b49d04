use testprog_harness::Scenario;

testprog_harness::main!(scenarios());

fn scenarios() -> Vec<Scenario> {
    let number = 5;
    vec![Scenario::new("passes", || assert_eq!(number, 5))]
}
