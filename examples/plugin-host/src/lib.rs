//! A host that loads plugins, which are shared libraries with a function `plugin_run`.
//!
//! A plugin that cannot be loaded is an error. A plugin that crashes also crashes the host.

use std::ffi::{CStr, CString, c_int};
use std::fmt;
use std::mem::transmute;
use std::path::{Path, PathBuf};

/// A loaded plugin, which stays loaded until the process ends.
pub struct Plugin {
    run: extern "C" fn(c_int) -> c_int,
}

/// Reason why a plugin could not be loaded.
#[derive(Debug)]
pub struct LoadError {
    path: PathBuf,
    cause: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "failed to load `{}`: {}", self.path.display(), self.cause)
    }
}

impl std::error::Error for LoadError {}

impl Plugin {
    /// Loads the shared library at `path` and looks up the function `plugin_run`.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let error = |cause| LoadError { path: path.into(), cause };
        let name = CString::new(path.as_os_str().as_encoded_bytes())
            .map_err(|cause| error(cause.to_string()))?;
        // SAFETY: `name` ends with a zero byte, and the host trusts the constructors of its plugins.
        let library = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
        if library.is_null() && !cfg!(feature = "planted-bug") {
            return Err(error(last_error()));
        }
        // SAFETY: the handle is from `dlopen`, and the name ends with a zero byte.
        let run = unsafe { libc::dlsym(library, c"plugin_run".as_ptr()) };
        if run.is_null() && !cfg!(feature = "planted-bug") {
            return Err(error(last_error()));
        }
        // SAFETY: each plugin defines `plugin_run` with this type.
        Ok(Self { run: unsafe { transmute::<*mut _, extern "C" fn(c_int) -> c_int>(run) } })
    }

    /// Calls the plugin.
    pub fn run(&self, input: c_int) -> c_int {
        (self.run)(input)
    }
}

/// Returns the message of the last error in `dlopen` or `dlsym`.
fn last_error() -> String {
    // SAFETY: `dlerror` has no precondition.
    let message = unsafe { libc::dlerror() };
    if message.is_null() {
        return "unknown error".into();
    }
    // SAFETY: a message of `dlerror` ends with a zero byte and stays valid until the next call.
    unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned()
}
