fn main() {
    testprog_harness::Expectation::dies("SIGSEGV", "");
}
