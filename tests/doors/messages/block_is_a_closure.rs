fn main() {
    testprog_harness::in_child!(|| std::process::abort());
}
