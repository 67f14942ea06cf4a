from collections.abc import Callable
from typing import TypeVar

import client as sdk
from steps import BASE_URL, KEY, same, step, unique

Model = TypeVar("Model")
api = sdk.ApiClient(sdk.Configuration(host=BASE_URL, access_token=KEY))
articles = sdk.ArticlesApi(api)
anyone = sdk.ApiClient(sdk.Configuration(host=BASE_URL))


def refused(call: Callable[[], object], model: type[Model]) -> Model:
    try:
        call()
    except sdk.ApiException as error:
        # The body of a status with several problems is wrapped.
        problem = getattr(error.data, "actual_instance", error.data)
        if isinstance(problem, model):
            return problem
        raise
    raise AssertionError(f"no {model.__name__}")


def list_() -> None:
    tags = [unique(), unique()]
    for tag in tags:
        articles.create_article(sdk.ArticleCreate(title=f"About {tag}", state="published", tags=[tag]))
    items = articles.list_articles(fields=["title", "state"], tag=tags).items
    same({item.title for item in items}, {f"About {tag}" for tag in tags})
    same([(item.state, item.slug) for item in items], [(sdk.ArticleState.PUBLISHED, None)] * 2)


def create() -> None:
    article = articles.create_article(sdk.ArticleCreate(title="A title alone"))
    same((article.title, article.state), ("A title alone", sdk.ArticleState.DRAFT))


def null() -> None:
    article = articles.create_article(sdk.ArticleCreate(title="A summary", summary="x"))
    same(article.summary, "x")
    changed = articles.update_article(article.slug, sdk.ArticleInputPatch(summary=None))
    same(changed.summary, None)


def if_match() -> None:
    created = articles.create_article_with_http_info(sdk.ArticleCreate(title="Two writers"))
    etag = (created.headers or {})["etag"]

    def change(tag: str, summary: str) -> sdk.Article:
        return articles.update_article(created.data.slug, sdk.ArticleInputPatch(summary=summary), if_match=tag)

    same(change(etag, "first").version, 2)
    problem = refused(lambda: change(etag, "second"), sdk.PreconditionFailedProblem)
    same(problem.code, "precondition_failed")
    same(change(problem.etag, "second").version, 3)


def not_found() -> None:
    problem = refused(lambda: articles.read_article("no-such-article"), sdk.ArticleNotFoundProblem)
    same((problem.code, problem.id), ("article_not_found", "no-such-article"))


def gone() -> None:
    slug = articles.create_article(sdk.ArticleCreate(title="Withdrawn")).slug
    articles.publish_article(slug)
    withdrawn = articles.withdraw_article(slug, withdraw_input=sdk.WithdrawInput(notice="A mistake."))
    problem = refused(lambda: sdk.ArticlesApi(anyone).read_article(slug), sdk.ArticleWithdrawnProblem)
    same(problem.code, "article_withdrawn")
    same(problem.withdrawn_at, withdrawn.updated_at)


def comment() -> None:
    slug = articles.create_article(sdk.ArticleCreate(title="To comment on", state="published")).slug
    body = sdk.CommentInput(author_name="Sam", body=f"Hello {slug}")
    made = sdk.CommentsApi(anyone).create_comment(slug, body)
    same((made.author_name, made.state), ("Sam", sdk.CommentState.PUBLISHED))


step("list", list_)
step("create", create)
step("null", null)
step("If-Match", if_match)
step("404", not_found)
step("410", gone)
step("comment", comment)
