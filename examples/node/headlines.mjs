// The client that is tested: the titles of the public articles, each with its disclaimers.

export async function headlines(url, headers = {}) {
  const response = await fetch(`${url}/v1/articles?fields=title&include=disclaimers`, { headers });
  if (response.status === 503) throw new Error(`try again in ${response.headers.get("Retry-After")} s`);
  if (!response.ok) throw new Error(`status ${response.status}`);
  const { items } = await response.json();
  return items.map((one) => [one.title, ...one.disclaimers.map((each) => each.title)].join(" | "));
}
