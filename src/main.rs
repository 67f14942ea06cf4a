//! Arguments -> settings -> log -> command; nothing else.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = copydesk::settings::read();
    env_logger::Builder::new()
        .parse_filters(&cli.settings.rust_log)
        .init();
    copydesk::commands::run(cli)
}
