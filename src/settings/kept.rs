//! How long what is kept.

use clap::Args;

/// How long what is kept.
#[derive(Clone, Copy, Debug, Args)]
pub struct Kept {
    /// Days for which a comment's address is kept, as a hash that nobody can reverse without the
    /// database.
    #[arg(id = "keep_addresses", long = "keep-addresses", env = "COPYDESK_KEEP_ADDRESSES", default_value = "30", value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..), global = true)]
    pub addresses: u16,

    /// Days for which the audit is kept: who made and revoked keys, wrong keys, blocked addresses.
    #[arg(id = "keep_audit", long = "keep-audit", env = "COPYDESK_KEEP_AUDIT", default_value = "365", value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..), global = true)]
    pub audit: u16,

    /// Days for which the change feed keeps removals, and changes of what has changed again. A consumer that comes back
    /// later starts anew.
    #[arg(id = "keep_changes", long = "keep-changes", env = "COPYDESK_KEEP_CHANGES", default_value = "30", value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..), global = true)]
    pub changes: u16,

    /// Days after which an article in the trash is deleted for good; 0 for never.
    #[arg(
        id = "keep_trash",
        long = "keep-trash",
        env = "COPYDESK_KEEP_TRASH",
        default_value = "0",
        value_name = "DAYS",
        global = true
    )]
    pub trash: u16,

    /// Hours for which the response to a request with an `Idempotency-Key` is stored: a retry within
    /// that time gets the same.
    #[arg(id = "keep_answers", long = "keep-answers", env = "COPYDESK_KEEP_ANSWERS", default_value = "24", value_name = "HOURS", value_parser = clap::value_parser!(u16).range(1..=720), global = true)]
    pub answers: u16,
}
