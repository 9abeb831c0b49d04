//! Cases that end in different verdicts. The tests in `main.rs` run this executable.
//!
//! The name of the executable file selects the cases, because a child does not inherit an environment
//! variable that could select them.

use std::process::{Command, Stdio, abort, exit};
use std::time::Duration;
use std::{env, thread};

use testprog_harness::{Capability, Expectation, Limit, Scenario, Signal, skip};

testprog_harness::main!(scenarios(), |settings| settings
    .env
    .push(("GREETING".into(), "hi".into())));

fn scenarios() -> Vec<Scenario> {
    let path = env::current_exe().expect("this executable has a path");
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    match name {
        "none" => Vec::new(),
        "two_alike" => vec![Scenario::new("alike", || {}), Scenario::new("alike", || {})],
        "panics" => panic!("the table of cases is broken"),
        "child_panics" if is_listing() => panic!("the table of cases is broken"),
        _ => all(),
    }
}

fn all() -> Vec<Scenario> {
    let link = "https://example.org/1";
    vec![
        Scenario::new("passes", || assert_eq!(env::var("GREETING").as_deref(), Ok("hi"))),
        Scenario::new("aborts", || {
            eprintln!("going down");
            abort()
        })
        .expect(Expectation::dies([Signal::Abrt], "going down")),
        Scenario::new("fails", || exit(3)),
        Scenario::new("returns_an_error", || "x".parse::<i32>().map(drop)),
        Scenario::new("prints_too_much", || println!("hello")),
        Scenario::new("hangs", sleep_without_end).deadline(Duration::from_millis(300)),
        Scenario::new("leaks", || {
            let mut sleep = Command::new("sleep");
            sleep.arg("60").stdin(Stdio::null()).spawn().map(drop)
        }),
        // The verdict of this case is *stale*, because the capability is missing only in the
        // listing, so the scenario passes in its child.
        Scenario::new("stale", || {}).needs(Capability::Custom {
            name: "abacus",
            missing: |_| is_listing().then_some("only the oldest computers have one"),
        }),
        Scenario::new("skipped", || abort()).needs(Capability::Custom {
            name: "astrolabe",
            missing: |_| Some("it is in the museum"),
        }),
        Scenario::new("skips_itself", || Err(skip("no permission"))),
        Scenario::new("cannot_start", || {}).working_directory("/no/such/directory"),
        Scenario::new("known", || abort()).known_bug(link),
        Scenario::new("fixed", || {}).known_bug(link),
        Scenario::new("known_but_exits", || exit(3)).known_bug_failing(link, Expectation::aborts()),
        Scenario::new("known_panic", || panic!("out of paper"))
            .known_bug_failing(link, Expectation::panics("out of paper")),
        Scenario::new("sums::overflows", || exit(4))
            .expect(Expectation::exits(4, ""))
            .limit(Limit::OpenFiles, 32),
    ]
}

fn is_listing() -> bool {
    env::args().skip(1).eq(["--testprog-child", "--list"])
}

fn sleep_without_end() {
    loop {
        thread::park();
    }
}
