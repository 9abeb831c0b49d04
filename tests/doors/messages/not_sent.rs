use std::rc::Rc;

fn main() {
    let one = Rc::new(1);
    testprog_harness::Scenario::new("adds", move || assert_eq!(*one, 1));
}
