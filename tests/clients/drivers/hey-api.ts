import * as sdk from "./client";
import { createClient, createConfig } from "./client/client";
import { baseUrl, fail, key, same, step, unique } from "./steps";

const client = createClient(createConfig<sdk.ClientOptions>({ baseUrl, auth: key }));
const anyone = createClient(createConfig<sdk.ClientOptions>({ baseUrl }));

async function create(body: sdk.ArticleCreate) {
  const { data, error, response } = await sdk.createArticle({ client, body });
  return data ? { ...data, etag: response?.headers.get("ETag") ?? fail("no ETag", response) } : fail("POST", error);
}

await step("list", async () => {
  const tag = [unique(), unique()];
  for (const one of tag) await create({ title: `About ${one}`, state: "published", tags: [one] });
  const { data, error } = await sdk.listArticles({ client, query: { fields: ["title", "state"], tag } });
  if (!data) fail("GET", error);
  same(data.items.map((item) => item.title).sort(), tag.map((one) => `About ${one}`).sort());
  same(data.items.map((item) => [item.state, item.slug]), [["published", undefined], ["published", undefined]]);
});

await step("create", async () => {
  const article = await create({ title: "A title alone" });
  same([article.title, article.state], ["A title alone", "draft"]);
});

await step("null", async () => {
  const { slug, summary } = await create({ title: "A summary", summary: "x" });
  same(summary, "x");
  const { data, error } = await sdk.updateArticle({ client, path: { article: slug }, body: { summary: null } });
  if (!data) fail("PATCH", error);
  same(data.summary, null);
});

await step("If-Match", async () => {
  const { slug, etag } = await create({ title: "Two writers" });
  const change = (tag: string, summary: string) =>
    sdk.updateArticle({ client, path: { article: slug }, headers: { "If-Match": tag }, body: { summary } });
  same((await change(etag, "first")).data?.version, 2);
  const { error } = await change(etag, "second");
  if (error?.code !== "precondition_failed") fail("no 412", error);
  const present: string = error.etag;
  same((await change(present, "second")).data?.version, 3);
});

await step("404", async () => {
  const { error } = await sdk.readArticle({ client, path: { article: "no-such-article" } });
  if (error?.code !== "article_not_found") fail("no 404", error);
  const id: string = error.id;
  same(id, "no-such-article");
});

await step("410", async () => {
  const path = { article: (await create({ title: "Withdrawn" })).slug };
  const published = await sdk.publishArticle({ client, path });
  if (published.error) fail("publish", published.error);
  const withdrawn = await sdk.withdrawArticle({ client, path, body: { notice: "A mistake." } });
  if (!withdrawn.data) fail("withdraw", withdrawn.error);
  const { error } = await sdk.readArticle({ client: anyone, path });
  if (error?.code !== "article_withdrawn") fail("no 410", error);
  const at: string = error.withdrawn_at;
  same(at, withdrawn.data.updated_at);
});

await step("comment", async () => {
  const { slug } = await create({ title: "To comment on", state: "published" });
  const { data, error } = await sdk.createComment({
    client: anyone,
    path: { article: slug },
    body: { author_name: "Sam", body: `Hello ${slug}` },
  });
  if (!data) fail("POST", error);
  same([data.author_name, data.state], ["Sam", "published"]);
});
