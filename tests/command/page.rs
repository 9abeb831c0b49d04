//! Tests the HTML report in Chromium.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command as StdCommand, Stdio};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use assert_cmd::Command;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::documents::{file, run, testprog};
use crate::trial;
use crate::trial::scratch::scratch;
use crate::trial::tools::{Missing, missing_tool};

/// Text that tries to run scripts in the page. Each script in the text would change the title of
/// the page if the browser ran the script.
const HOSTILE: &str = "</script><script>document.title='forged'</script><img src=/forged onerror=document.title='forged'>\
    \" autofocus onfocus=document.title='forged' x='\u{202e}\u{1b}[2J </pre></div></dd><style>*{display:none}</style>\
    javascript:document.title='forged' https://example.org/\"onclick=document.title='forged' {{7*7}} <!-- ]]>";

const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Name of the installed browser, or `None` if no browser is installed.
static PROGRAM: LazyLock<Option<&str>> = LazyLock::new(|| {
    CHROMIUM.iter().copied().find(|name| {
        let mut version = StdCommand::new(name);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    })
});

fn need_browser() -> Option<Missing> {
    PROGRAM.is_none().then(|| missing_tool("chromium", "chromium"))
}

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn(&Browser) -> Result<(), String>| {
        trial::trial(&format!("page::{name}"), need_browser, move || {
            Ok(test(&Browser { program: PROGRAM.expect("a browser is installed") })?)
        })
    };
    vec![
        trial("hostile_text_stays_text", hostile_text_stays_text),
        trial("a_foreign_script_does_not_run", a_foreign_script_does_not_run),
        trial("the_filters_choose_and_are_kept_in_the_address", the_filters_choose),
        trial("the_page_can_be_read_without_scripts", the_page_can_be_read_without_scripts),
        trial("a_cell_opens_and_the_page_fits_a_phone", a_cell_opens_and_the_page_fits_a_phone),
        trial("the_keyboard_reaches_every_cell", the_keyboard_reaches_every_cell),
        trial("rows_outside_the_window_are_skipped", rows_outside_the_window_are_skipped),
        trial(
            "an_address_opens_a_cell_and_builds_share_a_column",
            an_address_opens_a_cell_and_builds_share_a_column,
        ),
    ]
}

struct Browser {
    program: &'static str,
}

/// Result of loading a page in the browser.
struct Seen {
    /// HTML of the document after the browser has loaded the page.
    dom: String,
    /// Messages that the browser printed to its console.
    console: Vec<String>,
}

impl Browser {
    fn open(&self, url: &str) -> Result<Seen, String> {
        let profile = scratch("profile");
        let output = Command::new(self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--enable-logging=stderr",
                "--v=0",
                "--dump-dom",
                // The browser prints the document when 30 s of virtual time are over. Virtual time
                // passes at once while the page waits for a timer, and stands still while a script
                // runs. Without this flag, the browser would print the document after the event
                // `load`, in a race with the timers of the scripts.
                "--virtual-time-budget=30000",
            ])
            // With these flags the browser requests only the page, and uses no proxy.
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--no-proxy-server",
                "--disable-extensions",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(url)
            // A browser that hangs fails the test after 300 s. Loading a page takes a few seconds.
            .timeout(Duration::from_secs(300))
            .output()
            .map_err(|error| error.to_string())?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        check(output.status.success(), || format!("{}: {stderr}", output.status))?;
        Ok(Seen {
            dom: String::from_utf8_lossy(&output.stdout).into_owned(),
            console: stderr
                .lines()
                .filter(|line| line.contains(":CONSOLE"))
                .map(str::to_owned)
                .collect(),
        })
    }
}

/// HTTP server that serves the given pages, and records the requested paths. The server answers a
/// request of `/hold/N` only after a request of `/release/N`.
struct Server {
    address: SocketAddr,
    log: Arc<Log>,
}

/// Paths that a server was asked for.
#[derive(Default)]
struct Log {
    asked: Mutex<Vec<String>>,
    /// Notified of each request.
    changed: Condvar,
}

impl Server {
    fn new(pages: Vec<(&'static str, String)>) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let log = Arc::new(Log::default());
        let server = Self { address, log: Arc::clone(&log) };
        // The started thread accepts connections until the process exits.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, pages) = (Arc::clone(&log), pages.clone());
                // A browser may open a connection without sending a request, so each connection has
                // its own thread.
                thread::spawn(move || answer(stream, &pages, &log));
            }
        });
        Ok(server)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.log.asked.lock().expect("no thread panicked").clone()
    }
}

fn answer(mut stream: TcpStream, pages: &[(&str, String)], log: &Log) -> io::Result<()> {
    let mut request = String::new();
    let mut lines = BufReader::new(stream.try_clone()?);
    lines.read_line(&mut request)?;
    let Some(path) = request.split(' ').nth(1) else { return Ok(()) };
    let mut header = String::new();
    while lines.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut asked = log.asked.lock().expect("no thread panicked");
    asked.push(path.to_owned());
    log.changed.notify_all();
    if let Some(number) = path.strip_prefix("/hold/") {
        let release = format!("/release/{number}");
        let waited = log.changed.wait_while(asked, |asked| !asked.contains(&release));
        drop(waited.expect("no thread panicked"));
    } else {
        drop(asked);
    }
    let waits = path.starts_with("/hold/") || path.starts_with("/release/");
    let page = pages.iter().find(|(known, _)| *known == path);
    let page = page.map(|(_, body)| body.as_str()).or(waits.then_some(""));
    let (status, body) = page.map_or(("404 Not Found", ""), |body| ("200 OK", body));
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn check(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}

/// Returns the HTML page that `merge` writes for `reports`.
fn page(name: &str, reports: &[Value], arguments: &[&str]) -> Result<String, String> {
    let files: Vec<_> = (0..)
        .zip(reports)
        .map(|(index, report): (usize, _)| {
            file(&format!("{name}-{index}.json"), &report.to_string())
        })
        .collect();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let assert = testprog(&[&["merge", "--format=html"], arguments, &files].concat());
    let errors = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    check(errors.is_empty(), || errors)?;
    String::from_utf8(assert.get_output().stdout.clone()).map_err(|error| error.to_string())
}

/// Returns reports of the targets `t`, `u` and `v`, which differ in a signal, in a needed
/// capability and in the verdict of `cc_exit`, and a matrix report whose only configuration has not
/// run.
fn targets() -> Vec<Value> {
    let cases = |last| [("aa_switch", "pass"), ("bb_switch", "pass"), ("cc_exit", last)];
    let (one, mut two, three) =
        (run("t", &cases("pass")), run("u", &cases("unsupported")), run("v", &cases("fail")));
    two["cases"][0]["end"] = json!({ "kind": "signaled", "signal": "SIGBUS", "core": false });
    two["cases"][1]["needs"] = json!(["signals"]);
    let rows = json!([{ "name": "w", "state": "not_run", "reason": "apt-get install w-tools", "report": null }]);
    let rest =
        json!({ "schema": 2, "kind": "matrix", "tool": "", "started": "2027", "rows": rows });
    vec![one, two, three, rest]
}

fn hostile_text_stays_text(browser: &Browser) -> Result<(), String> {
    let mut hostile = run(HOSTILE, &[(HOSTILE, "fail"), ("b", "unsupported")]);
    for field in ["tool", "name", "started"] {
        hostile[field] = HOSTILE.into();
    }
    for field in ["libc", "libc_version", "emulator", "build"] {
        hostile["target"][field] = HOSTILE.into();
    }
    let case = &mut hostile["cases"][0];
    for field in [
        "verdict",
        "reason",
        "known_bug",
        "expected",
        "gate",
        "alternative",
        "stdout",
        "stderr",
        "rerun",
    ] {
        case[field] = HOSTILE.into();
    }
    case["needs"] = json!([HOSTILE]);
    case["backtrace"] = json!({ HOSTILE: HOSTILE });
    let attempt = json!({ "verdict": HOSTILE, "reason": HOSTILE, "alternative": null, "end": null, "stdout": HOSTILE });
    case["earlier_attempts"] = json!([attempt]);
    hostile["probes"] = json!([{ "name": HOSTILE, "state": HOSTILE, "reason": HOSTILE }]);
    let old = file("old.json", &run(HOSTILE, &[(HOSTILE, "pass")]).to_string());
    let page = page("hostile", &[hostile], &["--baseline", &old])?;

    let server = Server::new(vec![("/", page)])?;
    let Seen { dom, console } = browser.open(&server.url("/"))?;
    check(console.is_empty(), || format!("{console:#?}"))?;
    let asked = server.asked();
    check(asked == ["/"], || format!("the page asked for {asked:?}"))?;
    check(dom.contains(" – scenarios by target</title>"), || {
        "a script changed the title".to_owned()
    })?;
    for (tag, count) in [("<script", 2), ("<style", 1), ("<img", 0)] {
        let found = dom.matches(tag).count();
        check(found == count, || format!("{found} of {tag} instead of {count}"))?;
    }
    let shown = r"&lt;/script&gt;&lt;script&gt;document.title='forged'&lt;/script&gt;";
    check(dom.matches(shown).count() > 15, || {
        format!("the hostile text is not shown as text: {dom}")
    })?;
    check(dom.contains(r"\xe2\x80\xae\x1b[2J"), || {
        "the control characters are not shown as escapes".to_owned()
    })?;
    check(!dom.contains(['\u{202e}', '\u{1b}']), || "a control character is left".to_owned())?;
    check(!dom.contains("href=\"javascript:"), || {
        "a `javascript:` address became a link".to_owned()
    })?;
    // The link ends at the first white space, and the page escapes the quotation mark in the link.
    check(dom.contains("href=\"https://example.org/&quot;onclick"), || {
        "the `https:` address is not a link".to_owned()
    })
}

/// Checks that the content security policy is in force, and that the browser reports blocked
/// content. The other tests of the page rely on the content security policy and on the browser's
/// reports of blocked content.
fn a_foreign_script_does_not_run(browser: &Browser) -> Result<(), String> {
    let page = page("policy", &targets(), &[])?;
    let foreign =
        "<script>document.title = 'forged'</script><style>*{color:red}</style><img src=/asked>";
    let page = page.replace("</body>", &format!("{foreign}</body>"));
    let server = Server::new(vec![("/", page)])?;
    let Seen { dom, console } = browser.open(&server.url("/"))?;
    check(dom.contains(" – scenarios by target</title>"), || "the script ran".to_owned())?;
    check(console.len() == 3, || format!("{console:#?}"))?;
    let asked = server.asked();
    check(asked == ["/"], || format!("the page asked for {asked:?}"))
}

/// Page that opens the page under test in a frame at several addresses. For each address, the outer
/// page prints the visible scenarios, the displayed count and the number of visible columns.
const ADDRESSES: &str = r##"<!DOCTYPE html><iframe src="/#verdict=unsupported"></iframe><script>
const frame = document.querySelector("iframe");
frame.onload = async () => {
  const page = frame.contentWindow;
  const all = (selector) => [...page.document.querySelectorAll(selector)];
  const told = [];
  const tell = (address) => {
    const rows = all("#grid tbody tr:not([hidden]) th[scope=row] a");
    const names = rows.map((cell) => cell.textContent).join(" ");
    const count = page.document.querySelector("#count").textContent;
    const columns = all("#grid .numbers td").filter((cell) => cell.checkVisibility());
    told.push(`${address} shows ${names}; ${count}; ${columns.map((cell) => cell.textContent).join("")}`);
  };
  tell("#verdict=unsupported");
  for (const address of ADDRESSES) {
    const changed = new Promise((done) => page.addEventListener("hashchange", done, { once: true }));
    page.location.hash = address;
    await changed;
    tell(address);
  }
  const name = page.document.querySelector("[name=name]");
  name.value = "b_";
  name.dispatchEvent(new page.Event("input", { bubbles: true }));
  tell(page.location.hash);
  document.body.innerText = told.join("\n");
  document.title = "done";
};
</script>"##;

fn the_filters_choose(browser: &Browser) -> Result<(), String> {
    let old = [("aa_switch", "pass"), ("bb_switch", "fail"), ("cc_exit", "pass")];
    let old = json!({ "schema": 2, "kind": "matrix", "tool": "", "started": "2025", "rows": [
        { "name": "t", "state": "ran", "reason": null, "report": run("t", &old) },
        { "name": "u", "state": "ran", "reason": null, "report": targets()[1] },
        { "name": "v", "state": "ran", "reason": null, "report": targets()[2] },
    ] });
    let old = file("filters-old.json", &old.to_string());
    let page = page("filters", &targets(), &["--baseline", &old])?;
    let expected = [
        ("#name=SWITCH", "aa_switch bb_switch; 2 of 3 scenarios, 3 of 3 targets; 123"),
        ("#name=switch&needs=signals", "bb_switch; 1 of 3 scenarios, 3 of 3 targets; 123"),
        ("#verdict=fail", "cc_exit; 1 of 3 scenarios, 3 of 3 targets; 123"),
        ("#verdict=fail&targets=t", "; 0 of 3 scenarios, 1 of 3 targets; 1"),
        ("#verdict=unsupported&targets=u", "cc_exit; 1 of 3 scenarios, 1 of 3 targets; 2"),
        ("#targets=t%2C+V", "cc_exit aa_switch bb_switch; 3 of 3 scenarios, 2 of 3 targets; 13"),
        ("#bad=1", "cc_exit aa_switch bb_switch; 3 of 3 scenarios, 1 of 3 targets; 3"),
        ("#differs=1", "cc_exit aa_switch; 2 of 3 scenarios, 3 of 3 targets; 123"),
        ("#differs=1&targets=u", "aa_switch; 1 of 3 scenarios, 1 of 3 targets; 2"),
        ("#changed=1", "bb_switch; 1 of 3 scenarios, 3 of 3 targets; 123"),
        (
            "#targets=&needs=%22%3E",
            "cc_exit aa_switch bb_switch; 3 of 3 scenarios, 3 of 3 targets; 123",
        ),
    ];
    let addresses = json!(expected.map(|(address, _)| address)).to_string();
    let frame = ADDRESSES.replace("ADDRESSES", &addresses);
    let server = Server::new(vec![("/", page), ("/frame", frame)])?;
    let Seen { dom, console } = browser.open(&server.url("/frame"))?;
    check(console.is_empty(), || format!("{console:#?}"))?;
    check(dom.contains("<title>done</title>"), || {
        format!("the script in the frame did not finish: {dom}")
    })?;
    let dom = dom.replace("&amp;", "&");
    let first = ("#verdict=unsupported", "cc_exit; 1 of 3 scenarios, 3 of 3 targets; 123");
    // At the end, the outer page types into a filter field, which changes the address of the page
    // under test.
    let last = ("#name=b_", "bb_switch; 1 of 3 scenarios, 3 of 3 targets; 123");
    for (address, shows) in [first].into_iter().chain(expected).chain([last]) {
        let line = format!("{address} shows {shows}");
        check(dom.contains(&line), || format!("`{line}` is not in {dom}"))?;
    }
    Ok(())
}

/// Page that opens the page under test in a frame, runs the script `STEPS` in the outer page, and
/// prints the value that the script returns.
const STEPS: &str = r#"<!DOCTYPE html><iframe src="/ADDRESS" ATTRIBUTES></iframe><script>
const frame = document.querySelector("iframe");
frame.onload = async () => {
  const [view, page] = [frame.contentWindow, frame.contentDocument];
  const find = (selector) => page.querySelector(selector);
  const key = (key, more = {}) =>
    page.activeElement.dispatchEvent(new view.KeyboardEvent("keydown", { key, bubbles: true, ...more }));
  const shows = (selector) => [...page.querySelectorAll(selector)].filter((it) => it.checkVisibility()).length;
  const run = async () => { STEPS };
  document.body.innerText = `told ${JSON.stringify(await run())} told`;
};
</script>"#;

/// Loads the HTML page of `reports` in a frame (`<iframe>`) with the given attributes, runs the
/// JavaScript `steps` on the page, and returns the script's result.
fn steps(
    browser: &Browser,
    reports: &[Value],
    address: &str,
    attributes: &str,
    steps: &str,
) -> Result<Value, String> {
    let page = page("steps", reports, &[])?;
    let frame = STEPS.replace("ADDRESS", address).replace("ATTRIBUTES", attributes);
    let frame = frame.replace("STEPS", steps);
    let server = Server::new(vec![("/", page), ("/frame", frame)])?;
    let Seen { dom, console } = browser.open(&server.url("/frame"))?;
    let is_expected = |line: &String| line.contains("Blocked script execution");
    check(console.iter().all(is_expected), || format!("{console:#?}"))?;
    let dom = dom.replace("&amp;", "&");
    let told = dom.split("told ").nth(1).and_then(|rest| rest.split(" told").next());
    serde_json::from_str(told.unwrap_or_default()).map_err(|error| format!("{error}: {dom}"))
}

const PHONE: &str = r#"style="width: 360px; height: 640px""#;
const LAPTOP: &str = r#"style="width: 1280px; height: 720px""#;

/// Returns the reports of [`targets`] and of ten more targets, which are too many columns for a
/// phone's screen.
fn many_targets() -> Vec<Value> {
    let mut reports = targets();
    reports.extend((0..10).map(|index| run(&format!("x{index}"), &[("aa_switch", "pass")])));
    reports
}

fn same(told: &Value, expected: &Value) -> Result<(), String> {
    check(told == expected, || format!("{told:#} instead of {expected:#}"))
}

fn a_cell_opens_and_the_page_fits_a_phone(browser: &Browser) -> Result<(), String> {
    let script = r##"
        const root = page.documentElement;
        const columns = shows("#grid .numbers td");
        const before = find("#case").open;
        find("#grid tbody td.bad").click();
        const dialog = find("#case");
        const text = dialog.textContent;
        const told = {
            columns, before, open: dialog.open, focus: page.activeElement.textContent, address: view.location.hash,
            heading: dialog.querySelector("h2").textContent, rerun: dialog.querySelector("code").textContent,
            reason: text.includes("exited with status 1"), others: text.includes("Other targets: 1 pass, status 0; 1 unsupported"),
            cost: text.includes("1.5 ms wall time, 1.3 ms processor time, 2.0 MiB memory"),
            overflow: root.scrollWidth - root.clientWidth,
        };
        page.activeElement.click();
        await new Promise((done) => setTimeout(done));
        return { ...told, after: dialog.open, back: page.activeElement.getAttribute("class"), left: view.location.hash };
    "##;
    let told = steps(browser, &many_targets(), "", PHONE, script)?;
    same(
        &told,
        &json!({
            "columns": 1, "before": false, "open": true, "focus": "Close", "address": "#case=cc_exit&target=v",
            "heading": "cc_exit on 3 v", "rerun": "testprog cc_exit", "reason": true, "others": true, "cost": true,
            "overflow": 0, "after": false, "back": "bad deviates", "left": "#bad=1"
        }),
    )
}

/// Checks the page in a frame whose sandbox forbids scripts.
fn the_page_can_be_read_without_scripts(browser: &Browser) -> Result<(), String> {
    let script = r##"
        const root = page.documentElement;
        const link = find("#refused ~ .scroll a").getAttribute("href");
        const name = [...page.querySelectorAll("#grid th a")].find((it) => it.textContent === "aa_switch").getAttribute("href");
        const alike = find(name).closest("details").textContent;
        return {
            lines: shows("#grid tbody th[scope=row]"), columns: shows("#grid .numbers td"), filters: shows("#filters"),
            not_run: page.body.textContent.includes("not run: apt-get install w-tools"),
            refused: find(link).textContent.includes("exited with status 1"), is_open: find(link).checkVisibility(),
            alike: alike.includes("on 12 targets: 1, 3, 5\u201314"), other: alike.includes("pass (SIGBUS)"),
            overflow: root.scrollWidth - root.clientWidth,
        };
    "##;
    let attributes = format!("sandbox=allow-same-origin {PHONE}");
    let told = steps(browser, &many_targets(), "", &attributes, script)?;
    same(
        &told,
        &json!({
            "lines": 3, "columns": 13, "filters": 0, "not_run": true, "refused": true, "is_open": true,
            "alike": true, "other": true, "overflow": 0
        }),
    )
}

fn the_keyboard_reaches_every_cell(browser: &Browser) -> Result<(), String> {
    let script = r##"
        const stops = () => [...page.querySelectorAll("#grid td[tabindex='0']")].length;
        const here = () => page.activeElement.getAttribute("aria-label");
        const told = { stops: [stops()] };
        find("#grid td[tabindex='0']").focus();
        const went = [];
        const go = (name, more) => { key(name, more); went.push(`${name}: ${here()}`); };
        go("End"); go("ArrowDown"); go("Home"); go("End", { ctrlKey: true }); go("p"); go("n"); go("Home", { ctrlKey: true }); go("ArrowRight"); go("n");
        told.stops.push(stops());
        key("Enter");
        return { ...told, went, address: view.location.hash, status: find(".status").textContent };
    "##;
    let told = steps(browser, &targets(), "", LAPTOP, script)?;
    let went = [
        "End: FAIL, status 1, cc_exit, 3 v",
        "ArrowDown: pass, status 0, aa_switch, 3 v",
        "Home: pass, status 0, aa_switch, 1 t",
        // The scenario `bb_switch` passed on all targets, so the page hides its line, and `End`
        // does not reach the line.
        "End: pass, status 0, aa_switch, 3 v",
        "p: FAIL, status 1, cc_exit, 3 v",
        // After the last cell that was not accepted, the key `n` does not move the focus.
        "n: FAIL, status 1, cc_exit, 3 v",
        "Home: pass, status 0, cc_exit, 1 t",
        "ArrowRight: unsupported, cc_exit, 2 u",
        "n: FAIL, status 1, cc_exit, 3 v",
    ];
    same(
        &told,
        &json!({
            "stops": [1, 1], "went": went, "address": "#case=cc_exit&target=v",
            "status": "3 v · cc_exit · FAIL, status 1"
        }),
    )
}

/// Checks that the browser skips the rows outside the window, which makes a page of 60,000 cells
/// open in a third of the time, and that a skipped row can get the focus.
fn rows_outside_the_window_are_skipped(browser: &Browser) -> Result<(), String> {
    let names: Vec<_> = (0..200).map(|line| format!("a_scenario_{line:03}")).collect();
    let cases: Vec<_> = names.iter().map(|name| (&**name, "pass")).collect();
    let script = r##"
        let waits = 0;
        const frames = async () => {
            // The browser draws frames in real time, and virtual time stands still while a request
            // is pending. Without a pending request, the virtual time could be over before a busy
            // computer has drawn a frame.
            const number = ++waits;
            const held = fetch(`/hold/${number}`);
            await new Promise((done) => view.requestAnimationFrame(() => view.requestAnimationFrame(done)));
            await fetch(`/release/${number}`);
            await held;
        };
        const cell = (row) => row.cells[1];
        const isLaidOut = (row) => cell(row).checkVisibility({ contentVisibilityAuto: true });
        const rows = [...page.querySelectorAll("#grid tbody tr:not(:first-child)")];
        await frames();
        const [first, last] = [rows[0], rows[rows.length - 1]];
        const told = { rows: rows.length, first: isLaidOut(first), last: isLaidOut(last) };
        const sizes = [cell(first).offsetWidth, cell(first).offsetHeight, first.offsetWidth === last.offsetWidth];
        find("#grid td[tabindex='0']").focus();
        key("End", { ctrlKey: true });
        await frames();
        return { ...told, sizes, end: isLaidOut(last), focus: page.activeElement === last.cells[2] };
    "##;
    let reports = ["t", "u"].map(|target| run(target, &cases));
    let told = steps(browser, &reports, "#builds=1", LAPTOP, script)?;
    same(
        &told,
        &json!({
            "rows": 200, "first": true, "last": false, "sizes": [24, 24, true], "end": true, "focus": true
        }),
    )
}

/// Checks that the page's address can name a table cell, and that builds of one target with equal
/// results share a column.
fn an_address_opens_a_cell_and_builds_share_a_column(browser: &Browser) -> Result<(), String> {
    let build = |name: &str, triple: &str, verdict: &str| {
        let mut report = run(triple, &[("aa", "pass"), ("bb", verdict)]);
        report["name"] = name.into();
        report
    };
    let reports = [
        build("t debug", "t", "pass"),
        build("t release", "t", "pass"),
        build("t static", "t", "fail"),
        build("u", "u", "pass"),
    ];
    let script = r##"
        const heading = find("#case h2").textContent;
        const numbers = () => [...page.querySelectorAll("#grid .numbers td")].filter((it) => it.checkVisibility()).map((it) => it.textContent).join();
        const told = { heading, numbers: numbers(), label: find("#grid .labels th").textContent };
        const builds = find("[name=builds]");
        builds.checked = true;
        builds.dispatchEvent(new view.Event("input", { bubbles: true }));
        return { ...told, all: numbers(), address: view.location.hash };
    "##;
    let address = "#case=aa&target=t+release";
    let told = steps(browser, &reports, address, LAPTOP, script)?;
    same(
        &told,
        &json!({
            "heading": "aa on 2 t release", "numbers": "1,3,4", "label": "t debug +1", "all": "1,2,3,4", "address": "#builds=1"
        }),
    )
}
