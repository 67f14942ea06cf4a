//! Filters, orders and facets of the list of articles, held against what the plain list shows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{path_of, text, texts};

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        // Xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).unwrap()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const SECTIONS: [&str; 3] = ["city", "world", "sao-paulo"];
const TAGS: [&str; 4] = ["harbour", "weather", "c-plus-plus", "c-sharp"];
const AUTHORS: [&str; 3] = ["Ada Marsh", "Bo Ek", "ÅSA LIND"];
const SOURCES: [&str; 2] = ["Northwire", "Küstendienst"];
const LANGUAGES: [&str; 4] = ["en", "pt", "pt-BR", "de-AT"];

/// A newsroom of articles that have everything that lists are filtered by.
async fn newsroom(numbers: &mut Numbers) -> TestApp {
    let app = TestApp::new().await;
    for number in 0..40 {
        let tags: Vec<&str> = TAGS.into_iter().filter(|_| numbers.below(2) == 0).collect();
        let mut body = json!({
            "title": format!("{} {number}", numbers.one(&["Apfel", "äpfel", "Zebra", "bear"])),
            "section": numbers.one(&SECTIONS), "tags": tags, "language": numbers.one(&LANGUAGES),
            "authors": [{"name": numbers.one(&AUTHORS)}],
            "source": {"name": numbers.one(&SOURCES)},
        });
        match numbers.below(8) {
            0 => {}
            1 => {
                body["state"] = "published".into();
                body["embargo_until"] = "2026-11-22T10:30:00Z".into();
            }
            2 => {
                body["state"] = "published".into();
                body["access"] = "restricted".into();
            }
            _ => {
                let day = 1 + numbers.below(28);
                body["state"] = "published".into();
                body["published_at"] =
                    format!("2026-0{}-{day:02}T00:00:00Z", 1 + numbers.below(9)).into();
            }
        }
        let article = app.article_of(body).await;
        for _ in 0..numbers.below(3) {
            if article["state"] == "published" && article["access"] == "public" {
                app.key().post(format!("{}/comments", path_of(&article)), json!({"author_name": "S", "body": format!("{}", numbers.below(1_000_000))})).send().await;
            }
        }
        if numbers.below(10) == 0 {
            app.act(&article, "block", json!({"authority": "A court"})).await;
        }
    }
    app
}

fn has(list: &Value, value: &str) -> bool {
    list.as_array().unwrap().contains(&json!(value))
}

/// A filter, and whether an entry of the plain list meets it.
type Filter = (String, Box<dyn Fn(&Value) -> bool>);

fn filter(numbers: &mut Numbers) -> Filter {
    let instant = format!("2026-0{}-15T00:00:00.000000Z", 1 + numbers.below(9));
    match numbers.below(11) {
        0 => {
            let section = numbers.one(&SECTIONS);
            (format!("section={section}"), Box::new(move |item| item["section"] == section))
        }
        1 => {
            let tag = numbers.one(&TAGS);
            (format!("tag={tag}"), Box::new(move |item| has(&item["tags"], tag)))
        }
        2 => {
            let (one, other) = (numbers.one(&TAGS), numbers.one(&TAGS));
            let any = move |item: &Value| has(&item["tags"], one) || has(&item["tags"], other);
            (format!("tag={one}&tag={other}"), Box::new(any))
        }
        3 => {
            let (one, other) = (numbers.one(&TAGS), numbers.one(&TAGS));
            let all = move |item: &Value| has(&item["tags"], one) && has(&item["tags"], other);
            (format!("tag_all={one},{other}"), Box::new(all))
        }
        4 => {
            let author = numbers.one(&AUTHORS);
            let asked = author.replace("ÅSA LIND", "a%CC%8Asa+lind").replace(' ', "+");
            let by = move |item: &Value| item["authors"][0]["name"] == author;
            (format!("author={asked}"), Box::new(by))
        }
        5 => {
            let source = numbers.one(&SOURCES);
            let asked = source.to_uppercase().replace('Ü', "%C3%9C");
            (format!("source={asked}"), Box::new(move |item| item["source"]["name"] == source))
        }
        6 => {
            let language = numbers.one(&["pt", "en", "de", "PT-br"]);
            let wanted = language.to_lowercase();
            let is_in = move |item: &Value| {
                let tag = text(&item["language"]).to_lowercase();
                tag == wanted || tag.starts_with(&format!("{wanted}-"))
            };
            (format!("language={language}"), Box::new(is_in))
        }
        7 => {
            let access = numbers.one(&["public", "restricted"]);
            (format!("access={access}"), Box::new(move |item| item["access"] == access))
        }
        8 => {
            let query = format!("published_after={instant}");
            (
                query,
                Box::new(move |item| {
                    item["published_at"].as_str().is_some_and(|at| at >= &*instant)
                }),
            )
        }
        9 => {
            let query = format!("published_before={instant}");
            (
                query,
                Box::new(move |item| {
                    item["published_at"].as_str().is_some_and(|at| at < &*instant)
                }),
            )
        }
        _ => {
            let instant = "2026-11-22T10:00:00.000020Z";
            (
                format!("updated_after={instant}"),
                Box::new(move |item| text(&item["updated_at"]) >= instant),
            )
        }
    }
}

/// What an order goes by, for an entry of the plain list that stands at `place` there.
fn key(sort: &str, item: &Value, place: usize) -> (String, i64) {
    let place = i64::try_from(place).unwrap();
    match sort.trim_start_matches('-') {
        "updated_at" => (text(&item["updated_at"]).to_owned(), 0),
        "comment_count" => (format!("{:09}", item["comment_count"].as_i64().unwrap_or(-1)), 0),
        "title" => (text(&item["title"]).to_lowercase().replace('ä', "a"), 0),
        _ => (String::new(), -place),
    }
}

async fn ids(app: &TestApp, key: bool, query: &str) -> (Vec<String>, Value) {
    let path = format!("/v1/articles?{query}");
    let list = if key { app.key().get(path).ok().await } else { app.get(path).ok().await };
    (texts(&list["items"], "id").into_iter().map(str::to_owned).collect(), list)
}

#[actix_web::test]
async fn filters_leave_what_the_plain_list_says_and_orders_order_it() {
    let mut numbers = Numbers(20_261_127);
    let app = newsroom(&mut numbers).await;
    for key_shown in [false, true] {
        // Not yet, and after the embargoes have ended.
        for minutes in [0, 45] {
            app.clock.advance(minutes * 60_000_000);
            let (_, plain) = ids(&app, key_shown, "limit=100&fields=id,slug,state,title,summary,authors,source,language,section,tags,access,comment_count,published_at,created_at,updated_at").await;
            let plain = plain["items"].as_array().unwrap().clone();
            assert!(plain.len() > 20, "{}", plain.len());
            for _ in 0..60 {
                let filters: Vec<Filter> =
                    (0..numbers.below(4)).map(|_| filter(&mut numbers)).collect();
                let sort = numbers.one(&[
                    "-published_at", "published_at", "-updated_at", "updated_at", "title",
                    "-title", "-comment_count", "comment_count",
                ]);
                let mut names: Vec<&str> =
                    filters.iter().map(|(query, _)| query.split('=').next().unwrap()).collect();
                names.sort_unstable();
                let count = names.len();
                names.dedup();
                if names.len() < count {
                    continue;
                }
                let query: Vec<&str> = filters.iter().map(|(query, _)| &**query).collect();
                let query = format!("sort={sort}&{}", query.join("&"));
                let query = query.trim_end_matches('&');
                let meets = |item: &&Value| filters.iter().all(|(_, meets)| meets(item));
                // A teaser hides the number of comments: it is in no order by that.
                let is_read = |item: &&Value| {
                    !sort.contains("comment_count") || key_shown || item["access"] == "public"
                };
                let mut want: Vec<(usize, &Value)> = plain
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| meets(item) && is_read(item))
                    .collect();
                want.sort_by_key(|(place, item)| key(sort, item, *place));
                if sort.starts_with('-') {
                    want.reverse();
                }
                let keys: Vec<(String, i64)> =
                    want.iter().map(|(place, item)| key(sort, item, *place)).collect();
                let (all, list) = ids(
                    &app,
                    key_shown,
                    &format!("{query}&limit=100&count=true&facets=section,tag"),
                )
                .await;
                let mut wanted: Vec<&str> =
                    want.iter().map(|(_, item)| text(&item["id"])).collect();
                let met: Vec<(String, i64)> = all
                    .iter()
                    .map(|id| {
                        let place = plain.iter().position(|item| item["id"] == **id).unwrap();
                        key(sort, &plain[place], place)
                    })
                    .collect();
                assert_eq!(met, keys, "{query}");
                let mut found: Vec<&str> = all.iter().map(String::as_str).collect();
                found.sort_unstable();
                wanted.sort_unstable();
                assert_eq!(found, wanted, "{query}");
                assert_eq!(
                    (&list["total"], &list["total_is_capped"]),
                    (&json!(all.len()), &json!(false)),
                    "{query}"
                );
                assert_eq!(list["facets_are_capped"], false);
                facets_count(&list["facets"], want.iter().map(|(_, item)| *item));
                pages(&app, key_shown, query, &all).await;
            }
        }
    }
}

/// The facets of a list are those of its entries.
fn facets_count<'a>(facets: &Value, items: impl Iterator<Item = &'a Value>) {
    let (mut sections, mut tags) = (BTreeMap::new(), BTreeMap::new());
    for item in items {
        *sections.entry(text(&item["section"]).to_owned()).or_insert(0) += 1;
        for tag in item["tags"].as_array().unwrap() {
            *tags.entry(text(tag).to_owned()).or_insert(0) += 1;
        }
    }
    for (name, want) in [("section", sections), ("tag", tags)] {
        let values = facets[name].as_array().unwrap();
        let counts: Vec<i64> =
            values.iter().map(|value| value["count"].as_i64().unwrap()).collect();
        assert!(counts.is_sorted_by(|a, b| a >= b), "the most frequent first");
        let got: BTreeMap<String, i64> =
            values.iter().map(|value| text(&value["value"]).to_owned()).zip(counts).collect();
        assert_eq!(got, want);
    }
}

/// Pages forward to the end and back to the start show `all`, each once.
async fn pages(app: &TestApp, key: bool, query: &str, all: &[String]) {
    let link = |list: &str, relation: &str| {
        let end = format!(">; rel=\"{relation}\"");
        list.split(", ")
            .find_map(|link| Some(link.strip_suffix(&end)?.strip_prefix('<')?.to_owned()))
    };
    let ask = async |path: &str| {
        let answer = if key {
            app.key().get(path).expect(200).await
        } else {
            app.get(path).expect(200).await
        };
        let ids: Vec<String> =
            texts(&answer.json()["items"], "id").into_iter().map(str::to_owned).collect();
        let links = answer.find("link").unwrap_or_default().to_owned();
        (ids, link(&links, "next"), link(&links, "prev"))
    };
    let mut path = format!("/v1/articles?{query}&limit=7");
    let (mut forward, mut back, mut before) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let (ids, next, prev) = ask(&path).await;
        assert_eq!(prev.is_some(), !forward.is_empty(), "{path}");
        forward.extend(ids.clone());
        let Some(next) = next else {
            before.extend(prev);
            back = [ids, back].concat();
            break;
        };
        path = next;
    }
    assert_eq!(forward, all, "{query}");
    while let Some(path) = before.pop() {
        let (ids, next, prev) = ask(&path).await;
        assert!(next.is_some(), "{path}");
        back = [ids, back].concat();
        before.extend(prev);
    }
    assert_eq!(back, all, "{query}");
}

#[actix_web::test]
async fn names_are_taken_as_readers_write_them() {
    let app = TestApp::new().await;
    app.article_of(json!({"title": "A", "slug": "a", "state": "published", "section": "sao-paulo", "tags": ["c-plus-plus"], "source": {"name": "Le Télégramme"}})).await;
    for (query, is_found) in [
        ("section=S%C3%A3o%20Paulo", true),
        ("section=sao-paulo", true),
        ("tag=C%2B%2B", true),
        ("tag=C%23", false),
        ("tag=C", false),
        ("source=le+t%C3%A9l%C3%A9gramme", true),
        ("source=Telegramme", false),
        ("section=%3F", false),
        ("tag=x,C%2B%2B", true),
        ("id=0192d5a0-0000-7000-8000-00000000dead", false),
        ("author=Ada", false),
        ("language=fr", false),
    ] {
        let (found, _) = ids(&app, false, query).await;
        assert_eq!(!found.is_empty(), is_found, "{query}");
    }
}

#[actix_web::test]
async fn a_list_of_ids_is_a_list() {
    let app = TestApp::new().await;
    let (one, other, draft) =
        (app.article("One").await, app.article("Two").await, app.draft("D").await);
    let all = [&one, &other, &draft].map(|article| text(&article["id"]).to_owned());
    let (found, _) = ids(&app, false, &format!("id={}", all.join(","))).await;
    assert_eq!(
        found,
        [all[1].clone(), all[0].clone()],
        "newest first, and what the caller may see"
    );
    let repeated = format!("id={}&id={}&sort=title", all[1], all[0]);
    assert_eq!(ids(&app, false, &repeated).await.0, [all[0].clone(), all[1].clone()]);
    let twice = app.get(format!("/v1/articles?id={0},{0}&count=true", all[0])).ok().await;
    assert_eq!((twice["items"].as_array().unwrap().len(), &twice["total"]), (1, &json!(1)));
    let many = vec![all[0].as_str(); 101].join(",");
    let refused = app.get(format!("/v1/articles?id={many}")).refused("invalid_parameter").await;
    assert_eq!(refused["errors"][0]["detail"], "The parameter `id` takes up to 100 ids.");
}

#[actix_web::test]
async fn what_is_misspelt_is_told() {
    let app = TestApp::new().await;
    for (query, said) in [
        ("sections=city", "Did you mean `section`?"),
        ("sort=-publishedat", "Did you mean `-published_at`?"),
        ("fields=titel", "Did you mean `title`?"),
        ("facets=tags", "Did you mean `tag`?"),
        ("include=comment", "Did you mean `comments`?"),
        ("sort=relevance", "give `q` too"),
        ("published_after=yesterday", "an RFC 3339 instant"),
        ("id=a-slug", "is none"),
        ("tag=", "is empty"),
        ("tag=a,,b", "none of them empty"),
        ("source=a&source=b", "may be given once"),
        ("tag=-harbour", "excludes nothing"),
        ("sort=published_at:desc", "Did you mean `-published_at`?"),
        ("per_page=5", "the page size is `limit`"),
        ("s=x", "a search is `q`"),
        ("orderby=date", "the order is `sort`"),
    ] {
        let refused = app.get(format!("/v1/articles?{query}")).refused("invalid_parameter").await;
        let detail = text(&refused["errors"][0]["detail"]);
        assert!(detail.contains(said), "{query}: {detail}");
    }
}

#[actix_web::test]
async fn a_cursor_is_of_one_order_and_one_filter() {
    let app = TestApp::new().await;
    for title in ["A", "B", "C"] {
        app.article(title).await;
    }
    let (_, page) = ids(&app, false, "limit=1&sort=title").await;
    let next = text(&page["next"]);
    ids(&app, false, &format!("limit=2&sort=title&cursor={next}")).await;
    for query in ["", "sort=-title&", "sort=title&section=x&", "q=a&"] {
        app.get(format!("/v1/articles?{query}cursor={next}")).refused("invalid_cursor").await;
    }
}

#[actix_web::test]
async fn what_carries_a_disclaimer_is_found_by_it() {
    let app = TestApp::new().await;
    let by_hand = app.disclaimer("by-hand").await;
    app.key().post("/v1/disclaimers", json!({"key": "wire", "title": "W", "body": "W", "applies_to": {"sources": ["Northwire"], "tags": ["a", "b"]}})).created().await;
    let wire = |title: &str, tags: Value| json!({"title": title, "slug": title, "state": "published", "tags": tags, "source": {"name": "NORTHWIRE"}});
    for (title, tags) in
        [("one", json!(["a"])), ("two", json!(["b", "c"])), ("three", json!(["c"]))]
    {
        app.article_of(wire(title, tags)).await;
    }
    let other =
        app.article_of(json!({"title": "other", "slug": "other", "state": "published"})).await;
    app.attach(&other, &by_hand).await;
    let slugs = async |query: &str| {
        let list = app.get(format!("/v1/articles?{query}&count=true")).ok().await;
        assert_eq!(list["total"], list["items"].as_array().unwrap().len(), "{query}");
        texts(&list["items"], "slug").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(slugs("has_disclaimer=wire").await, ["two", "one"]);
    assert_eq!(slugs("has_disclaimer=wire&sort=title").await, ["one", "two"]);
    assert_eq!(slugs("has_disclaimer=wire&q=one").await, ["one"]);
    assert_eq!(slugs("has_disclaimer=wire&tag=c&sort=published_at").await, ["two"]);
    assert_eq!(slugs(&format!("has_disclaimer={}", text(&by_hand["id"]))).await, ["other"]);
    assert_eq!(slugs("has_disclaimer=nothing").await, [""; 0]);
}

#[actix_web::test]
async fn comments_open_is_policy_and_closing_in_one() {
    let app = TestApp::new().await;
    let open = async |path: &str| app.get(path).ok().await["comments_open"].clone();
    let article = app.article_of(json!({"title": "A", "state": "published", "comments_close_at": "2026-11-22T10:00:10Z"})).await;
    let path = path_of(&article);
    assert_eq!(open(&path).await, true);
    app.clock.advance(9_500_000);
    // The clock closes them within two seconds: no cache may say otherwise for longer.
    assert!(app.get(&path).expect(200).await.header("cache-control").contains("max-age=0"));
    assert!(
        app.get("/v1/articles").expect(200).await.header("cache-control").contains("max-age=0")
    );
    app.clock.advance(1_000_000);
    assert_eq!(open(&path).await, false);
    assert_eq!(app.get("/v1/articles").ok().await["items"][0]["comments_open"], false);
    app.post(format!("{path}/comments"), json!({"author_name": "S", "body": "B"}))
        .refused("comments_closed")
        .await;
    let closed = app
        .article_of(json!({"title": "C", "state": "published", "comments_policy": "closed"}))
        .await;
    assert_eq!(open(&path_of(&closed)).await, false);
}

#[actix_web::test]
async fn one_article_is_thinned_too() {
    let app = TestApp::new().await;
    let article = app.article_of(json!({"title": "A", "body": "B", "state": "published"})).await;
    let path = path_of(&article);
    let thin = app.get(format!("{path}?fields=title")).ok().await;
    assert_eq!(thin, json!({"id": article["id"], "title": "A", "disclaimers": []}));
    let with = app.get(format!("{path}?fields=title&include=comments")).ok().await;
    assert_eq!(with["comments"]["items"], json!([]));
    let refused = app.get(format!("{path}?fields=snippet")).refused("invalid_parameter").await;
    assert!(text(&refused["detail"]).contains("fields"));
}

#[actix_web::test]
async fn comments_come_along_with_a_list() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    app.comment(&article, "Hello").await;
    app.article_of(json!({"title": "L", "state": "published", "access": "restricted"})).await;
    let list = app.get("/v1/articles?include=comments,disclaimers&fields=title").ok().await;
    assert_eq!(list["items"][0]["comments"], Value::Null, "a teaser shows none");
    assert_eq!(list["items"][1]["comments"]["items"][0]["body"], "Hello");
}
