fn main() {
    testprog_harness::in_child!(testprog_harness::Expectation::ok());
}
