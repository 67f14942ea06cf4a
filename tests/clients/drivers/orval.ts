import * as sdk from "./client";
import { authorization, fail, same, step, unique } from "./steps";

const withKey = { headers: authorization };

async function create(body: sdk.ArticleCreate) {
  const answer = await sdk.createArticle(body, withKey);
  if (answer.status !== 201) fail("POST", answer);
  return { ...answer.data, etag: answer.headers.get("ETag") ?? fail("no ETag", answer) };
}

await step("list", async () => {
  const tag = [unique(), unique()];
  for (const one of tag) await create({ title: `About ${one}`, state: "published", tags: [one] });
  const answer = await sdk.listArticles({ fields: ["title", "state"], tag }, withKey);
  if (answer.status !== 200) fail("GET", answer);
  const { items } = answer.data;
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
  const answer = await sdk.updateArticle(slug, { summary: null }, withKey);
  if (answer.status !== 200) fail("PATCH", answer);
  same(answer.data.summary, null);
});

await step("If-Match", async () => {
  const { slug, etag } = await create({ title: "Two writers" });
  const change = (tag: string, summary: string) =>
    sdk.updateArticle(slug, { summary }, { headers: { ...authorization, "If-Match": tag } });
  same((await change(etag, "first")).status, 200);
  const stale = await change(etag, "second");
  if (stale.status !== 412) fail("no 412", stale);
  const code: "precondition_failed" = stale.data.code;
  same(code, "precondition_failed");
  same((await change(stale.data.etag, "second")).status, 200);
});

await step("404", async () => {
  const answer = await sdk.readArticle("no-such-article", undefined, withKey);
  if (answer.status !== 404) fail("no 404", answer);
  const code: "article_not_found" = answer.data.code;
  same([code, answer.data.id], ["article_not_found", "no-such-article"]);
});

await step("410", async () => {
  const { slug } = await create({ title: "Withdrawn" });
  const published = await sdk.publishArticle(slug, undefined, withKey);
  if (published.status !== 200) fail("publish", published);
  const withdrawn = await sdk.withdrawArticle(slug, { notice: "A mistake." }, withKey);
  if (withdrawn.status !== 200) fail("withdraw", withdrawn);
  const answer = await sdk.readArticle(slug);
  if (answer.status !== 410 || answer.data.code !== "article_withdrawn") fail("no 410", answer);
  const at: string = answer.data.withdrawn_at;
  same(at, withdrawn.data.updated_at);
});

await step("comment", async () => {
  const { slug } = await create({ title: "To comment on", state: "published" });
  const answer = await sdk.createComment(slug, { author_name: "Sam", body: `Hello ${slug}` });
  if (answer.status !== 201) fail("POST", answer);
  same([answer.data.author_name, answer.data.state], ["Sam", "published"]);
});
