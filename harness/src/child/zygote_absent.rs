//! Where no supervisor contains what a zygote's forks leave behind, there is no zygote.

pub(super) fn serve(_emulator: Option<&str>) -> Result<String, String> {
    Err(format!(
        "failed to serve `{}`: only Linux and Android have it",
        crate::protocol::ZYGOTE_FLAG
    ))
}
