//! Reports a missing feature in place of the macro `main`.

/// The macro is always a compile error, because it exists only while the feature `libtest` of this
/// library is off. With the feature `libtest`, this library has the working macro `main` instead.
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
