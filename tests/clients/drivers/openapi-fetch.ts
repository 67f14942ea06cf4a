import createClient from "openapi-fetch";
import type { components, paths } from "./client/schema";
import { authorization, baseUrl, fail, same, step, unique } from "./steps";

const api = createClient<paths>({ baseUrl, headers: authorization });
const anyone = createClient<paths>({ baseUrl });

async function create(body: components["schemas"]["ArticleCreate"]) {
  const { data, error, response } = await api.POST("/v1/articles", { body });
  return data ? { ...data, etag: response.headers.get("ETag") ?? fail("no ETag", response) } : fail("POST", error);
}

await step("list", async () => {
  const tag = [unique(), unique()];
  for (const one of tag) await create({ title: `About ${one}`, state: "published", tags: [one] });
  const query = { fields: ["title", "state"], tag } satisfies paths["/v1/articles"]["get"]["parameters"]["query"];
  const { data, error } = await api.GET("/v1/articles", { params: { query } });
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
  const { data, error } = await api.PATCH("/v1/articles/{article}", {
    params: { path: { article: slug } },
    body: { summary: null },
  });
  if (!data) fail("PATCH", error);
  same(data.summary, null);
});

await step("If-Match", async () => {
  const { slug, etag } = await create({ title: "Two writers" });
  const change = (tag: string, summary: string) =>
    api.PATCH("/v1/articles/{article}", {
      params: { path: { article: slug }, header: { "If-Match": tag } },
      body: { summary },
    });
  same((await change(etag, "first")).data?.version, 2);
  const { error } = await change(etag, "second");
  if (error?.code !== "precondition_failed") fail("no 412", error);
  const present: string = error.etag;
  same((await change(present, "second")).data?.version, 3);
});

await step("404", async () => {
  const { error } = await api.GET("/v1/articles/{article}", { params: { path: { article: "no-such-article" } } });
  if (error?.code !== "article_not_found") fail("no 404", error);
  const id: string = error.id;
  same(id, "no-such-article");
});

await step("410", async () => {
  const { slug } = await create({ title: "Withdrawn" });
  const params = { path: { article: slug } };
  const published = await api.POST("/v1/articles/{article}/publish", { params });
  if (published.error) fail("publish", published.error);
  const withdrawn = await api.POST("/v1/articles/{article}/withdraw", { params, body: { notice: "A mistake." } });
  if (withdrawn.error) fail("withdraw", withdrawn.error);
  const { error } = await anyone.GET("/v1/articles/{article}", { params });
  if (error?.code !== "article_withdrawn") fail("no 410", error);
  const at: string = error.withdrawn_at;
  same(at, withdrawn.data.updated_at);
});

await step("comment", async () => {
  const { slug } = await create({ title: "To comment on", state: "published" });
  const { data, error } = await anyone.POST("/v1/articles/{article}/comments", {
    params: { path: { article: slug } },
    body: { author_name: "Sam", body: `Hello ${slug}` },
  });
  if (!data) fail("POST", error);
  same([data.author_name, data.state], ["Sam", "published"]);
});
