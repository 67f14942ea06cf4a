//! Arguments -> settings -> log -> command; nothing else.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match copydesk::settings::read() {
        Ok(cli) => {
            copydesk::logging::start(&cli.settings.rust_log, cli.settings.log_format);
            copydesk::commands::run(&cli)
        }
        Err(refusal) => refusal.print(),
    }
}
