//! Reports a missing feature in place of the macro `main`.

/// Is a compile error, because the feature `libtest` of this library is off. The feature `libtest`
/// adds the macro.
#[macro_export]
macro_rules! main {
    ($($cases:tt)*) => {
        ::core::compile_error!(
            "`testprog_harness::main!` needs the feature `libtest` of testprog-harness: \
             cargo add --dev testprog-harness --features libtest"
        );
        fn main() {}
    };
}
