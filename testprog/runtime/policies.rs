//! Checks each policy (rule for stack bounds) against sequences of callbacks on stacks with made-up
//! addresses, and compares the results with the tables in `docs/runtime.md`.
//!
//! The test decides each callback by [`Policy::decide`], as the runtime does, and keeps the state
//! that the runtime keeps in a `Machine` (the runtime's record of one thread).

use std::collections::BTreeMap;
use std::fs;

use super::bounds::{Bounds, Decision, Entry, Policy};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// The main thread's stack, with the usual limit.
const MAIN: Bounds = stack(0x7fff_0000_0000, 8 * MIB);
/// The stack of a new thread. A C library gives the stack of an ended thread to the next thread.
const THREAD: Bounds = stack(0x7e00_0000_0000, 8 * MIB);
/// The stack of a thread whose stack the program has allocated.
const GIVEN: Bounds = stack(0x7d00_0000_0000, 256 * KIB);
/// The stack of a thread with a small stack.
const SMALL: Bounds = stack(0x7c00_0000_0000, 20 * KIB);
/// Two coroutine stacks, next to each other as `malloc` returns them.
const FIRST: Bounds = stack(0x7b00_0000_0000, 64 * KIB);
const SECOND: Bounds = stack(FIRST.hi + 16, 64 * KIB);
/// A coroutine stack whose upper end is just above the lower end of the estimate for [`SECOND`].
const OVERLAPPING: Bounds = stack(SECOND.hi - 64 * KIB + 128, 32 * KIB);
/// A coroutine stack in a local variable of the thread's own stack.
const INSIDE: Bounds = stack(THREAD.hi - 68 * KIB, 64 * KIB);

/// Stack that a callback with little work needs below its stack pointer.
const LITTLE: usize = 4 * KIB;
/// Stack that a callback with much work needs below its stack pointer.
const MUCH: usize = 24 * KIB;

const fn stack(lo: usize, size: usize) -> Bounds {
    Bounds { lo, hi: lo + size }
}

/// Returns the stack pointer of a callback from a function near the top of a coroutine's stack.
const fn on(stack: Bounds) -> usize {
    stack.hi - 256
}

/// Returns the stack pointer of a callback from a function that is `depth` bytes down a thread's
/// own stack. The frames of the thread's start take 2 KiB.
const fn down(stack: Bounds, depth: usize) -> usize {
    stack.hi - 2 * KIB - depth
}

/// The ways in which a runtime is wrong at a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The stack pointer is not within the recorded bounds.
    Outside,
    /// The runtime reports an overflow, although the stack has room.
    FalseOverflow,
    /// The recorded bounds reach below the stack, so that the runtime would not notice an overflow.
    Missed,
    /// The runtime refuses the callback.
    Refused,
}

impl Fault {
    const fn word(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::FalseOverflow => "overflow",
            Self::Missed => "missed",
            Self::Refused => "refused",
        }
    }
}

/// A runtime with one `Machine`, which one thread after another takes.
struct Runtime {
    policy: Policy,
    /// Whether the system reports the bounds of a thread's own stack.
    is_told: bool,
    recorded: Bounds,
    /// Stack of the present thread.
    own: Bounds,
    /// Whether the present thread has taken the `Machine`.
    is_attached: bool,
    depth: u32,
    coroutines: Vec<Bounds>,
}

type Held = Result<(), Fault>;

impl Runtime {
    /// Lets another thread run, which takes the `Machine` at its first callback.
    fn thread(&mut self, own: Bounds) {
        (self.own, self.is_attached) = (own, false);
    }

    fn decide(&mut self, sp: usize, first: bool) -> Held {
        let entry = Entry { sp, first, nested: self.depth > 0 };
        let own = || if self.is_told { self.own } else { Bounds::default() };
        let registered =
            || self.coroutines.iter().copied().find(|coroutine| coroutine.contains(sp));
        match self.policy.decide(self.recorded, entry, own, registered) {
            Decision::Keep => {}
            Decision::Replace(bounds, _) => self.recorded = bounds,
            Decision::Refuse(_) => return Err(Fault::Refused),
        }
        Ok(())
    }

    fn callback(&mut self, sp: usize, need: usize) -> Held {
        self.callback_that(sp, need, |_| Ok(()))
    }

    /// Calls back at the stack pointer `sp`. The callback needs `need` bytes of stack and then calls
    /// C code, which does `inner`.
    fn callback_that(
        &mut self,
        sp: usize,
        need: usize,
        inner: impl FnOnce(&mut Self) -> Held,
    ) -> Held {
        if !self.is_attached {
            self.is_attached = true;
            self.decide(sp, true)?;
        }
        self.decide(sp, false)?;
        self.check(sp, need)?;
        let before = self.recorded;
        self.depth += 1;
        inner(self)?;
        self.depth -= 1;
        if self.policy.follows_sp() {
            self.recorded = before;
        }
        self.check(sp, need)
    }

    fn check(&self, sp: usize, need: usize) -> Held {
        const PAGE: usize = 4 * KIB;
        let recorded = self.recorded;
        // `system_stack` extends estimated bounds in place of reporting an overflow.
        let can_extend = self.policy.follows_sp() && recorded.is_estimate();
        let in_use = self.coroutines.iter().find(|coroutine| coroutine.contains(sp));
        let in_use = in_use.unwrap_or(&self.own);
        if !recorded.contains(sp) {
            Err(Fault::Outside)
        } else if sp - need < recorded.guard() && !can_extend {
            Err(Fault::FalseOverflow)
        } else if recorded.lo + 2 * PAGE < in_use.lo {
            Err(Fault::Missed)
        } else {
            Ok(())
        }
    }

    /// Calls back from the thread's own stack, and then from two coroutine stacks.
    fn switch(&mut self) -> Held {
        self.thread(THREAD);
        self.callback(down(THREAD, 0), LITTLE)?;
        self.callback(on(FIRST), MUCH)?;
        self.callback(on(SECOND), MUCH)
    }

    fn overlap(&mut self) -> Held {
        self.thread(THREAD);
        // The program has freed the second stack.
        self.coroutines = vec![OVERLAPPING];
        self.callback(on(OVERLAPPING), MUCH)
    }
}

/// A sequence of callbacks, with its name in the tables.
type Sequence = (&'static str, fn(&mut Runtime) -> Held);

const SEQUENCES: &[Sequence] = &[
    ("two callbacks from a thread's own stack", |it| {
        it.callback(down(THREAD, 0), MUCH)?;
        it.callback(down(THREAD, 0), MUCH)
    }),
    ("own stack, then two coroutine stacks", Runtime::switch),
    ("the same, then another thread on a stack that overlaps the last estimate", |it| {
        it.switch()?;
        it.overlap()
    }),
    ("the same, with one more callback from the first thread's own stack", |it| {
        it.switch()?;
        it.callback(down(THREAD, 0), LITTLE)?;
        it.overlap()
    }),
    ("a coroutine stack, then the own stack, 300 bytes down", |it| {
        it.callback(on(FIRST), LITTLE)?;
        it.callback(down(THREAD, 300), MUCH)?;
        it.callback(down(THREAD, 0), MUCH)
    }),
    ("own stack, then 100 KiB down", |it| {
        it.callback(down(THREAD, 0), LITTLE)?;
        it.callback(down(THREAD, 100 * KIB), MUCH)?;
        it.callback(down(THREAD, 0), MUCH)
    }),
    ("100 KiB down, then near the top", |it| {
        it.callback(down(THREAD, 100 * KIB), MUCH)?;
        it.callback(down(THREAD, 0), MUCH)
    }),
    ("own stack, then 20 KiB down with 24 KiB of work", |it| {
        it.callback(down(THREAD, 0), LITTLE)?;
        it.callback(down(THREAD, 20 * KIB), MUCH)
    }),
    ("nested, 40 KiB down", |it| {
        it.callback_that(down(THREAD, 0), LITTLE, |it| it.callback(down(THREAD, 40 * KIB), MUCH))?;
        it.callback(down(THREAD, 0), MUCH)
    }),
    ("nested, from a coroutine stack", |it| {
        it.callback_that(down(THREAD, 0), 20 * KIB, |it| it.callback(on(FIRST), MUCH))?;
        it.callback(down(THREAD, 0), MUCH)
    }),
    ("three threads one after another, the second 60 KiB down", |it| {
        for depth in [0, 60 * KIB, 0] {
            it.thread(THREAD);
            it.callback(down(THREAD, depth), MUCH)?;
        }
        Ok(())
    }),
    ("the main thread's own stack, then 100 KiB and 3 MiB down", |it| {
        it.thread(MAIN);
        for depth in [0, 100 * KIB, 3 * MIB] {
            it.callback(down(MAIN, depth), MUCH)?;
        }
        Ok(())
    }),
    ("a thread on given memory, then another thread", |it| {
        for own in [GIVEN, THREAD] {
            it.thread(own);
            it.callback(down(own, 0), MUCH)?;
        }
        Ok(())
    }),
    ("a thread with a stack of 20 KiB", |it| {
        it.thread(SMALL);
        it.callback(down(SMALL, 0), 2 * KIB)
    }),
    ("own stack, then a coroutine stack inside the own stack", |it| {
        it.coroutines = vec![INSIDE];
        it.callback(down(THREAD, 0), LITTLE)?;
        it.callback(on(INSIDE), MUCH)
    }),
];

/// Returns the lines of the table for a system that reports the bounds of a thread's own stack, or
/// for a system that does not.
fn table(is_told: bool) -> Vec<String> {
    let names: Vec<_> = Policy::ALL.iter().map(|policy| format!("`{}`", policy.name())).collect();
    let mut lines = vec![
        format!("| callbacks | {} |", names.join(" | ")),
        format!("|---{}|", "|---".repeat(names.len())),
    ];
    for (name, sequence) in SEQUENCES {
        let cells = Policy::ALL.iter().map(|policy| {
            let mut runtime = Runtime {
                policy: *policy,
                is_told,
                recorded: Bounds::default(),
                own: THREAD,
                is_attached: false,
                depth: 0,
                coroutines: vec![FIRST, SECOND],
            };
            sequence(&mut runtime).map_or_else(Fault::word, |()| "·")
        });
        lines.push(format!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | ")));
    }
    lines
}

#[test]
fn the_tables_in_the_page_are_the_decisions_of_the_policies() {
    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/runtime.md");
    let page = fs::read_to_string(PAGE).unwrap();
    let mut wrong = String::new();
    for (title, is_told) in [
        ("#### The system reports the bounds of a thread's own stack\n", true),
        ("#### The system reports no bounds\n", false),
    ] {
        let (_, text) = page.split_once(title).unwrap_or_else(|| panic!("no `{title}`"));
        let lines = text.lines().skip_while(|line| !line.starts_with('|'));
        let lines: Vec<_> = lines.take_while(|line| line.starts_with('|')).collect();
        let expected = table(is_told);
        if lines != expected {
            wrong = format!("{wrong}\n{title}\n{}\n", expected.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "{PAGE} should have these tables:\n{wrong}");
}

#[test]
fn no_two_policies_have_the_same_column() {
    let mut columns: BTreeMap<Vec<String>, &str> = BTreeMap::new();
    let tables = [table(true), table(false)].concat();
    for (index, policy) in Policy::ALL.iter().enumerate() {
        let cell = |line: &String| line.split(" | ").nth(index + 1).map(str::to_owned);
        let column: Vec<_> =
            tables.iter().filter(|line| !line.contains('`')).filter_map(cell).collect();
        let other = columns.insert(column, policy.name());
        assert_eq!(other, None, "`{}` has the same column", policy.name());
    }
}
