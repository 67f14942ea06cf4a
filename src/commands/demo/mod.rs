//! `copydesk demo`: a newsroom with sample content, gone at the end.

use std::error::Error;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::serve::Content;
use super::{failed, wait_for};
use crate::articles::input::ArticleCreate;
use crate::articles::model::ArticleRow;
use crate::articles::write::{By, Withdrawal};
use crate::comments::input::CommentInput;
use crate::db::{Conn, Db};
use crate::disclaimers::input::DisclaimerInput;
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::{Renderer, render_comment};
use crate::problem::Problem;
use crate::web::caller::Actor;
use crate::web::input::read_body;
use crate::{articles, comments, disclaimers};

/// The additions of `demo` to `serve`.
pub(super) const DEMO: Content = Content { fill, guide };

/// The content, in the form of requests, with ages instead of instants.
const NEWSROOM: &str = include_str!("newsroom.json");
/// The author of the content in history.
const ACTOR: Actor<'static> = Actor::named("demo");

#[derive(Deserialize)]
struct Newsroom {
    disclaimers: Vec<Value>,
    articles: Vec<Story>,
}

#[derive(Deserialize)]
struct Story {
    minutes_ago: i64,
    article: Value,
    /// The keys of the disclaimers that it carries.
    #[serde(default)]
    disclaimers: Vec<String>,
    #[serde(default)]
    comments: Vec<Remark>,
    /// Hours from now until its embargo ends.
    embargo_hours: Option<i64>,
    /// Withdrawn, with a notice to readers.
    withdrawn: Option<Withdrawn>,
    /// Blocked on a legal demand.
    blocked: Option<Value>,
}

#[derive(Deserialize)]
struct Withdrawn {
    notice: String,
}

#[derive(Deserialize)]
struct Remark {
    minutes_ago: i64,
    /// The comment of the same story that it answers, by its place there.
    reply_to: Option<usize>,
    #[serde(flatten)]
    comment: Map<String, Value>,
}

fn fill(database: &Db, entropy: Arc<dyn Entropy>) -> Result<(), Box<dyn Error>> {
    let newsroom: Newsroom = serde_json::from_str(NEWSROOM)?;
    let filled = database.write(move |conn, now| {
        let ago = |minutes: i64| Instant::from_micros(now.as_micros() - minutes * 60_000_000);
        let entropy = entropy.as_ref();
        let oldest = newsroom.articles.iter().map(|story| story.minutes_ago).max();
        let mut known = Vec::new();
        for disclaimer in newsroom.disclaimers {
            let input: DisclaimerInput = read_body(disclaimer)?;
            let rendered = disclaimers::input::rendered(&input)?;
            let at = ago(oldest.unwrap_or_default());
            let row = disclaimers::write::create(conn, &input, &rendered, new_id(at, entropy), at)?;
            known.push(row);
        }
        for story in newsroom.articles {
            let at = ago(story.minutes_ago);
            let mut article = story.article;
            if let Some(hours) = story.embargo_hours {
                article["embargo_until"] = json!(ago(-60 * hours));
            }
            let input: ArticleCreate = read_body(article)?;
            let rendered = articles::write::rendered(&Renderer::default(), &input.article)?;
            let by = By::itself(ACTOR, at);
            let row = articles::write::create(conn, &input, &rendered, new_id(at, entropy), by)?;
            let carried =
                known.iter().filter(|disclaimer| story.disclaimers.contains(&disclaimer.key));
            for disclaimer in carried {
                let one = (disclaimer.id, disclaimer.public_id.as_str());
                articles::write::attach(conn, &row, one, by)?;
            }
            discuss(conn, &row, story.comments, entropy, ago)?;
            let by = By::itself(ACTOR, now);
            if let Some(withdrawn) = story.withdrawn {
                let notice = Some(&*withdrawn.notice);
                let withdrawal = Withdrawal { notice, replaced_by: None, reason: None };
                articles::write::withdraw(conn, &row, &withdrawal, by)?;
            }
            if let Some(demand) = story.blocked {
                articles::write::block(conn, &row, &read_body(demand)?, by)?;
            }
        }
        Ok::<(), Problem>(())
    });
    wait_for(filled)?.map_err(failed)
}

/// Adds the comments of a story.
fn discuss(
    conn: &mut Conn,
    article: &ArticleRow,
    remarks: Vec<Remark>,
    entropy: &dyn Entropy,
    ago: impl Fn(i64) -> Instant,
) -> Result<(), Problem> {
    let by = comments::write::By { actor: ACTOR, close_after: None, screened: None };
    let mut known: Vec<String> = Vec::new();
    for mut remark in remarks {
        if let Some(parent) = remark.reply_to.and_then(|place| known.get(place)) {
            remark.comment.insert("parent_id".to_owned(), json!(parent));
        }
        let input: CommentInput = read_body(Value::Object(remark.comment))?;
        let at = ago(remark.minutes_ago);
        let html = render_comment(&input.body);
        let id = new_id(at, entropy);
        let row = comments::write::create(conn, article, &input, &html, &by, id, at)?;
        known.push(row.public_id);
    }
    Ok(())
}

/// Lines to paste, each with an explanation.
fn guide(url: &str, key: &str) -> String {
    // A key may contain any visible character.
    let key = format!("'{}'", key.replace('\'', "'\\''"));
    let comment = r#"{"author_name": "Sam", "body": "Is that so?"}"#;
    format!(
        "
Paste these; the first line, then any of the others:

URL={url} KEY={key}
# a front page: the newest stories with their pictures, and how many there are in each section
curl -s \"$URL/v1/articles?limit=5&fields=title,section,image&facets=section\"
# one section, the most discussed first
curl -s \"$URL/v1/articles?section=city&sort=-comment_count&fields=title,comment_count\"
# a search, with the words marked
curl -s \"$URL/v1/articles?q=ferry&fields=title\"
# a wire story: its provider's disclaimer travels with it, and nobody has commented
curl -s $URL/v1/articles/storm-closes-the-strait
# what readers say, and saying something yourself
curl -s $URL/v1/articles/night-buses-return/comments
curl -s $URL/v1/articles/night-buses-return/comments -H 'Content-Type: application/json' -d '{comment}'
# 403, with its reason: this one is closed to comments
curl -s $URL/v1/articles/ferry-operator-on-trial/comments -H 'Content-Type: application/json' -d '{comment}'
# 404: a draft does not exist for readers ..
curl -s $URL/v1/articles/plans-for-the-fish-market
# .. and is there for those who have a key
curl -s $URL/v1/articles/plans-for-the-fish-market -H \"Authorization: Bearer $KEY\"
# an old story, corrected in public
curl -s $URL/v1/articles/old-harbour-crane-to-stay/correct -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' -d '{{\"note\": \"The crane at Pier 4 was built in 1922.\"}}'

Ctrl-C ends it, and nothing is kept.
"
    )
}
