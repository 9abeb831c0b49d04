//! Calls each fuzz target with every file of the target's corpus.

use std::fs;
use std::path::Path;

use testprog_fuzz::TARGETS;

#[test]
fn every_file_of_the_corpus_is_read() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let files: Vec<_> = fs::read_dir(&folder).unwrap().flatten().collect();
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            target(&fs::read(file.path()).unwrap());
        }
    }
}
