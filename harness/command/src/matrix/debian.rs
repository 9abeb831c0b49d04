//! Names of packages in Debian and Ubuntu.

/// Returns whether a command that installs packages uses apt, which names packages as
/// [`package`] does.
pub(super) fn uses_apt(install: &str) -> bool {
    install.split_whitespace().any(|word| word == "apt-get" || word == "apt")
}

/// Returns the package that contains a cross compiler or an emulator.
///
/// The compiler for glibc on another processor is in the package `gcc-TRIPLE`, where `TRIPLE` is
/// GNU's name of the target with hyphens in place of underscores.
pub(super) fn package(tool: &str) -> Option<String> {
    let known = match tool {
        "arm-none-eabi-gcc" => "gcc-arm-none-eabi",
        "diet" => "dietlibc-dev",
        "i686-w64-mingw32-gcc" => "gcc-mingw-w64-i686",
        "klcc" => "libklibc-dev",
        "musl-gcc" => "musl-tools",
        "x86_64-w64-mingw32-gcc" => "gcc-mingw-w64-x86-64",
        _ if tool.starts_with("qemu-") && tool.ends_with("-static") => "qemu-user-static",
        _ => {
            let triple =
                tool.strip_suffix("-gcc").filter(|triple| triple.contains("-linux-gnu"))?;
            return Some(format!("gcc-{}", triple.replace('_', "-")));
        }
    };
    Some(known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_of_a_tool_is_known() {
        for (tool, name) in [
            ("aarch64-linux-gnu-gcc", Some("gcc-aarch64-linux-gnu")),
            ("x86_64-linux-gnux32-gcc", Some("gcc-x86-64-linux-gnux32")),
            ("mips64el-linux-gnuabi64-gcc", Some("gcc-mips64el-linux-gnuabi64")),
            ("qemu-s390x-static", Some("qemu-user-static")),
            ("musl-gcc", Some("musl-tools")),
            ("/opt/my-gcc", None),
            ("gcc", None),
        ] {
            assert_eq!(package(tool).as_deref(), name, "{tool}");
        }
        assert!(uses_apt("sudo apt-get install -y") && !uses_apt("pkg add"));
    }
}
