// This generator types no error. What an operation throws is a ResponseError, whose body is read as a problem.
import * as sdk from "./client";
import { baseUrl, fail, key, same, step, unique } from "./steps";

const configuration = new sdk.Configuration({ basePath: baseUrl, accessToken: key });
const articles = new sdk.ArticlesApi(configuration);
const anyone = new sdk.Configuration({ basePath: baseUrl });

async function refused(call: Promise<unknown>, status: number): Promise<unknown> {
  try {
    return fail(`no ${status}`, await call);
  } catch (error) {
    if (error instanceof sdk.ResponseError && error.response.status === status) return error.response.json();
    throw error;
  }
}

const create = (articleCreate: sdk.ArticleCreate) => articles.createArticle({ articleCreate });

await step("list", async () => {
  const tag = [unique(), unique()];
  for (const one of tag) await create({ title: `About ${one}`, state: "published", tags: [one] });
  const { items } = await articles.listArticles({ fields: ["title", "state"], tag });
  same(items.map((item) => item.title).sort(), tag.map((one) => `About ${one}`).sort());
  same(items.map((item) => [item.state, item.slug]), [["published", undefined], ["published", undefined]]);
});

await step("create", async () => {
  const article = await create({ title: "A title alone" });
  same([article.title, article.state], ["A title alone", "draft"]);
});

await step("null", async () => {
  const { slug, summary } = await create({ title: "A summary", summary: "x" });
  same(summary, "x");
  const changed = await articles.updateArticle({ article: slug, articleInputPatch: { summary: null } });
  same(changed.summary, null);
});

await step("If-Match", async () => {
  const created = await articles.createArticleRaw({ articleCreate: { title: "Two writers" } });
  const { slug: article } = await created.value();
  const etag = created.raw.headers.get("ETag") ?? fail("no ETag", created.raw);
  const change = (ifMatch: string, summary: string) =>
    articles.updateArticle({ article, ifMatch, articleInputPatch: { summary } });
  same((await change(etag, "first")).version, 2);
  const body = await refused(change(etag, "second"), 412);
  const problem = sdk.PreconditionFailedProblemFromJSON(body);
  same(problem.code, "precondition_failed");
  same((await change(problem.etag, "second")).version, 3);
});

await step("404", async () => {
  const body = await refused(articles.readArticle({ article: "no-such-article" }), 404);
  const problem = sdk.ArticleNotFoundProblemFromJSON(body);
  same([problem.code, problem.id], ["article_not_found", "no-such-article"]);
});

await step("410", async () => {
  const { slug: article } = await create({ title: "Withdrawn" });
  await articles.publishArticle({ article });
  await articles.withdrawArticle({ article, withdrawInput: { notice: "A mistake." } });
  const body = await refused(new sdk.ArticlesApi(anyone).readArticle({ article }), 410);
  const problem = sdk.ArticleWithdrawnProblemFromJSON(body);
  same(problem.code, "article_withdrawn");
  same(Number.isNaN(problem.withdrawnAt.getTime()), false);
});

await step("comment", async () => {
  const { slug: article } = await create({ title: "To comment on", state: "published" });
  const comment = await new sdk.CommentsApi(anyone).createComment({
    article,
    commentInput: { authorName: "Sam", body: `Hello ${article}` },
  });
  same([comment.authorName, comment.state], ["Sam", "published"]);
});
