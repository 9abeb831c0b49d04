//! Always returns an error: systems without supervisors have no zygotes, because nothing would kill
//! the processes that a zygote's forks leave behind.

pub(super) fn serve(_emulator: Option<&str>) -> Result<String, String> {
    Err(format!(
        "failed to serve `{}`: a program can be forked only on Linux and Android",
        crate::protocol::ZYGOTE_FLAG
    ))
}
