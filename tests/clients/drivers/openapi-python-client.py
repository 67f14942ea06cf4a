"""Every operation that takes a key is typed as if it needed one, so who has none sends an empty header instead."""

from typing import TypeVar

from client import AuthenticatedClient, models
from client.api.articles import (
    create_article,
    list_articles,
    publish_article,
    read_article,
    update_article,
    withdraw_article,
)
from client.api.comments import create_comment
from client.types import Unset
from steps import BASE_URL, KEY, same, step, unique

Model = TypeVar("Model")
PUBLISHED = models.ArticleCreateStateType0.PUBLISHED
api = AuthenticatedClient(base_url=BASE_URL, token=KEY)
anyone = AuthenticatedClient(base_url=BASE_URL, token="", prefix="", auth_header_name="X-No-Key")


def expect(model: type[Model], parsed: object) -> Model:
    if not isinstance(parsed, model):
        raise AssertionError(f"not {model.__name__}: {parsed}")
    return parsed


def created(body: models.ArticleCreate) -> models.Article:
    return expect(models.Article, create_article.sync(client=api, body=body))


def list_() -> None:
    tags = [unique(), unique()]
    for tag in tags:
        created(models.ArticleCreate(title=f"About {tag}", state=PUBLISHED, tags=[tag]))
    fields = [models.ListArticlesFieldsItem.TITLE, models.ListArticlesFieldsItem.STATE]
    page = expect(models.ArticlePage, list_articles.sync(client=api, fields=fields, tag=tags))
    same({item.title for item in page.items}, {f"About {tag}" for tag in tags})
    same([(item.state, type(item.slug)) for item in page.items], [(models.ArticleState.PUBLISHED, Unset)] * 2)


def create() -> None:
    article = created(models.ArticleCreate(title="A title alone"))
    same((article.title, article.state), ("A title alone", models.ArticleState.DRAFT))


def null() -> None:
    article = created(models.ArticleCreate(title="A summary", summary="x"))
    same(article.summary, "x")
    body = models.ArticleInputPatch(summary=None)
    changed = expect(models.Article, update_article.sync(article.slug, client=api, body=body))
    same(changed.summary, None)


def if_match() -> None:
    answer = create_article.sync_detailed(client=api, body=models.ArticleCreate(title="Two writers"))
    article, etag = expect(models.Article, answer.parsed), answer.headers["ETag"]

    def change(tag: str, summary: str) -> object:
        body = models.ArticleInputPatch(summary=summary)
        return update_article.sync(article.slug, client=api, body=body, if_match=tag)

    same(expect(models.Article, change(etag, "first")).version, 2)
    problem = expect(models.PreconditionFailedProblem, change(etag, "second"))
    same(problem.code, "precondition_failed")
    same(expect(models.Article, change(problem.etag, "second")).version, 3)


def not_found() -> None:
    problem = expect(models.ArticleNotFoundProblem, read_article.sync("no-such-article", client=api))
    same((problem.code, problem.id), ("article_not_found", "no-such-article"))


def gone() -> None:
    slug = created(models.ArticleCreate(title="Withdrawn")).slug
    expect(models.Article, publish_article.sync(slug, client=api))
    body = models.WithdrawInput(notice="A mistake.")
    withdrawn = expect(models.Article, withdraw_article.sync(slug, client=api, body=body))
    problem = expect(models.ArticleWithdrawnProblem, read_article.sync(slug, client=anyone))
    same(problem.code, "article_withdrawn")
    same(problem.withdrawn_at, withdrawn.updated_at)


def comment() -> None:
    slug = created(models.ArticleCreate(title="To comment on", state=PUBLISHED)).slug
    body = models.CommentInput(author_name="Sam", body=f"Hello {slug}")
    made = expect(models.CreatedComment, create_comment.sync(slug, client=anyone, body=body))
    same((made.author_name, made.state), ("Sam", models.CommentState.PUBLISHED))


step("list", list_)
step("create", create)
step("null", null)
step("If-Match", if_match)
step("404", not_found)
step("410", gone)
step("comment", comment)
