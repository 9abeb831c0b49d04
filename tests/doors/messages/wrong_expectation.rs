fn main() {
    testprog_harness::in_child!(5, {});
}
