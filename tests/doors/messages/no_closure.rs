fn main() {
    testprog_harness::Scenario::new("adds", 1 + 1);
}
