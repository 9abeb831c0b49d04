fn main() {
    let expected = testprog_harness::Expectation::aborts();
    testprog_harness::in_child!(expected, std::process::abort());
}
