//! The HTTP platform, shared by all operations. It knows no SQL, no resource and no scope.

pub mod accept;
pub mod address;
mod answer;
pub mod answers;
pub mod body;
pub mod call;
pub mod caller;
pub mod cors;
pub mod dispatch;
pub mod etag;
pub mod headers;
pub mod idempotency;
pub mod input;
pub mod json;
pub mod limit;
pub mod live;
pub mod middleware;
pub mod once;
pub mod operation;
pub mod paging;
pub mod path;
pub mod query;
pub mod query_method;
pub mod refusal;
pub mod reply;
pub mod rules;
pub mod schema;
pub mod selection;
pub mod url;
pub mod web_url;

pub use call::{Call, Context, Services};
pub use caller::Caller;
pub use operation::{Access, Credential, Operation};
pub use reply::Reply;
