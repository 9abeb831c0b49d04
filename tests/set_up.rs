//! Shows how a test target runs a set-up once, before its first case.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};

use testprog_harness::Scenario;
use testprog_harness::suite::SetUp;

testprog_harness::main!(
    ["first", "second"].map(|name| Scenario::new(name, sees_the_port)),
    |settings| {
        let calls = AtomicU32::new(0);
        settings.set_up = Some(SetUp::new(move |children| {
            if calls.fetch_add(1, Ordering::Relaxed) > 0 {
                return Err("the set-up runs a second time");
            }
            children.env("PORT", "8080");
            Ok(())
        }));
    }
);

fn sees_the_port() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = env::var("PORT")?.parse()?;
    if port == 8080 { Ok(()) } else { Err(format!("the port is {port}").into()) }
}
