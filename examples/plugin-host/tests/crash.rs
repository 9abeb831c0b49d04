//! Loads good, missing and crashing plugins, each in a child process.

use std::path::Path;

use plugin_host::{LoadError, Plugin};
use testprog_harness::{Content, Expectation, Scenario, Signal};

testprog_harness::main!([
    Scenario::new("a_plugin_doubles_a_number", || {
        assert_eq!(run("doubles")?, 42);
        Ok::<(), LoadError>(())
    }),
    // A missing plugin is an error that the host reports.
    Scenario::new("missing_plugin", || run("missing").map(drop))
        .expect(Expectation::fails("missing.so: cannot open shared object file")),
    Scenario::new("plugin_without_an_entry", || run("has_no_entry").map(drop))
        .expect(Expectation::fails("undefined symbol: plugin_run")),
    // A crashing plugin kills the process. The required text is the last line before the crash.
    Scenario::new("crashing_plugin", || run("crashes").map(drop))
        .expect(Expectation::dies([Signal::Segv], "calling crashes")),
    Scenario::new("plugin_that_crashes_at_load", || run("crashes_at_load").map(drop)).expect(
        Expectation::dies([Signal::Abrt], "loading crashes_at_load")
            .stderr(Content::contains_none(["calling"]))
    ),
]);

/// Loads a plugin that `build.rs` compiled, and calls the plugin.
fn run(name: &str) -> Result<i32, LoadError> {
    eprintln!("loading {name}");
    let plugin = Plugin::load(&Path::new(env!("OUT_DIR")).join(name).with_extension("so"))?;
    eprintln!("calling {name}");
    Ok(plugin.run(21))
}
