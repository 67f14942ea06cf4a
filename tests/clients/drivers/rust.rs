//! The operations return no headers, so a version's ETag comes from the 412 of a tag that never was.

use client::apis::configuration::Configuration;
use client::apis::{Error, articles_api as articles, comments_api as comments};
use client::models::{self, article_create::State};
use std::fmt::Debug;

type Step = Result<(), String>;

fn setting(name: &str) -> String {
    std::env::var(name).expect(name)
}

fn configuration(key: Option<String>) -> Configuration {
    Configuration { base_path: setting("BASE_URL"), bearer_access_token: key, ..Default::default() }
}

fn same<T: PartialEq + Debug>(got: T, wanted: T) -> Step {
    if got == wanted { Ok(()) } else { Err(format!("got {got:?}, wanted {wanted:?}")) }
}

fn shown(error: impl Debug) -> String {
    format!("{error:?}")
}

/// The typed body of a refused request.
fn refusal<T: Debug, E>(answer: Result<T, Error<E>>) -> Result<E, String> {
    match answer {
        Err(Error::ResponseError(response)) => response.entity.ok_or(response.content),
        Err(error) => Err(error.to_string()),
        Ok(answer) => Err(format!("not refused: {answer:?}")),
    }
}

async fn create(
    key: &Configuration,
    body: models::ArticleCreate,
) -> Result<models::Article, String> {
    articles::create_article(key, body, None).await.map_err(shown)
}

fn titled(title: &str) -> models::ArticleCreate {
    models::ArticleCreate::new(title.to_owned())
}

async fn list(key: &Configuration) -> Step {
    let id = create(key, titled("For a unique name")).await?.id.simple().to_string();
    let tags = vec![format!("{id}-a"), format!("{id}-b")];
    for tag in &tags {
        let body = models::ArticleCreate {
            tags: Some(Some(vec![tag.clone()])),
            state: Some(Some(State::Published)),
            ..titled(tag)
        };
        create(key, body).await?;
    }
    let fields = Some(vec!["title".to_owned(), "state".to_owned()]);
    #[rustfmt::skip]
    let page = articles::list_articles(
        key, None, None, None, fields, None, None, None, None, Some(tags.clone()), None, None, None, None, None, None,
        None, None, None, None, None, None, None, None,
    );
    let items = page.await.map_err(shown)?.items;
    let mut titles: Vec<_> = items.iter().filter_map(|item| item.title.clone()).collect();
    titles.sort();
    same(titles, tags)?;
    let others: Vec<_> = items.into_iter().map(|item| (item.state, item.slug)).collect();
    same(others, vec![(Some(models::ArticleState::Published), None); 2])
}

async fn title_alone(key: &Configuration) -> Step {
    let article = create(key, titled("A title alone")).await?;
    same((article.title.as_str(), article.state), ("A title alone", models::ArticleState::Draft))
}

async fn null(key: &Configuration) -> Step {
    let body = models::ArticleCreate { summary: Some(Some("x".to_owned())), ..titled("A summary") };
    let article = create(key, body).await?;
    same(article.summary.as_deref(), Some("x"))?;
    let body = models::ArticleInputPatch { summary: Some(None), ..Default::default() };
    let changed =
        articles::update_article(key, &article.slug, body, None, None).await.map_err(shown)?;
    same(changed.summary, None)
}

async fn change(
    key: &Configuration,
    slug: &str,
    tag: &str,
) -> Result<models::Article, Error<articles::UpdateArticleError>> {
    let body =
        models::ArticleInputPatch { summary: Some(Some("new".to_owned())), ..Default::default() };
    articles::update_article(key, slug, body, Some(tag), None).await
}

async fn if_match(key: &Configuration) -> Step {
    let slug = create(key, titled("Two writers")).await?.slug;
    let articles::UpdateArticleError::Status412(never) =
        refusal(change(key, &slug, "\"0-0\"").await)?
    else {
        return Err("no 412 for a tag that never was".to_owned());
    };
    same(change(key, &slug, &never.etag).await.map_err(shown)?.version, 2)?;
    let articles::UpdateArticleError::Status412(stale) =
        refusal(change(key, &slug, &never.etag).await)?
    else {
        return Err("no 412 for a stale tag".to_owned());
    };
    same(stale.code, models::precondition_failed_problem::Code::PreconditionFailed)
}

async fn not_found(key: &Configuration) -> Step {
    let answer = articles::read_article(key, "no-such-article", None, None, None, None, None, None).await;
    let articles::ReadArticleError::Status404(problem) = refusal(answer)? else {
        return Err("no 404".to_owned());
    };
    same(problem.code, models::article_not_found_problem::Code::ArticleNotFound)?;
    same(problem.id.as_str(), "no-such-article")
}

async fn gone(key: &Configuration, anyone: &Configuration) -> Step {
    let slug = create(key, titled("Withdrawn")).await?.slug;
    articles::publish_article(key, &slug, None, None, None).await.map_err(shown)?;
    let body =
        models::WithdrawInput { notice: Some(Some("A mistake.".to_owned())), ..Default::default() };
    let withdrawn =
        articles::withdraw_article(key, &slug, None, None, Some(body)).await.map_err(shown)?;
    let articles::ReadArticleError::Status410(
        models::ArticleWithdrawnOrArticleExpiredProblem::ArticleWithdrawnProblem(problem),
    ) = refusal(articles::read_article(anyone, &slug, None, None, None, None, None, None).await)?
    else {
        return Err("no 410".to_owned());
    };
    same(problem.code, models::article_withdrawn_problem::Code::ArticleWithdrawn)?;
    same(problem.withdrawn_at, withdrawn.updated_at)
}

async fn comment(key: &Configuration, anyone: &Configuration) -> Step {
    let slug = create(
        key,
        models::ArticleCreate { state: Some(Some(State::Published)), ..titled("Comments") },
    )
    .await?
    .slug;
    let body = models::CommentInput::new("Sam".to_owned(), format!("Hello {slug}"));
    let made = comments::create_comment(anyone, &slug, body, None).await.map_err(shown)?;
    same((made.author_name.as_deref(), made.state), (Some("Sam"), models::CommentState::Published))
}

fn report(name: &str, outcome: Step) {
    match outcome {
        Ok(()) => println!("ok {name}"),
        Err(error) => println!("FAIL {name}\n{error}"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (key, anyone) = (configuration(Some(setting("KEY"))), configuration(None));
    report("list", list(&key).await);
    report("create", title_alone(&key).await);
    report("null", null(&key).await);
    report("If-Match", if_match(&key).await);
    report("404", not_found(&key).await);
    report("410", gone(&key, &anyone).await);
    report("comment", comment(&key, &anyone).await);
}
