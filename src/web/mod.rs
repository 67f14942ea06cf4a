//! The HTTP platform: what every operation shares. It knows no SQL and no resource.

pub mod accept;
pub mod call;
pub mod caller;
pub mod cors;
pub mod dispatch;
pub mod etag;
pub mod idempotency;
pub mod input;
pub mod json;
pub mod limit;
pub mod middleware;
pub mod operation;
pub mod paging;
pub mod path;
pub mod query;
pub mod reply;
pub mod rules;
pub mod scope;
pub mod site;

pub use call::{Call, Services};
pub use caller::Caller;
pub use operation::{Access, BodyKind, Operation};
pub use reply::Reply;
