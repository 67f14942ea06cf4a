//! What the configuration of a site decides: Hugo, Jekyll and Pelican, with what they made public of real sites.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use copydesk::domain::slug::spell;
use serde_json::{Value, json};

use super::exported;
use super::exports::without_notices;
use super::import;
use crate::support::TestApp;
use crate::support::make::text;

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The slugs of what readers see.
async fn public(app: &TestApp) -> BTreeSet<String> {
    let list = app.get("/v1/articles?limit=100").ok().await;
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| text(&item["slug"]).to_owned()).collect()
}

async fn state_of(app: &TestApp, slug: &str) -> Value {
    app.key().get(format!("/v1/articles/{slug}")).send().await.json()["state"].clone()
}

/// The last parts of the addresses that a peer made public, as slugs.
fn published_there(list: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(list).unwrap();
    let names = text.lines().filter_map(|line| {
        let path = line.trim_start_matches("./").trim_end_matches("index.html");
        let path = path.trim_end_matches('/').trim_end_matches(".html");
        // What lists the others, or is reached only by those who know of it, is no article that a reader finds.
        let is_held_back = path.starts_with("drafts/");
        spell(path.rsplit('/').next()?).filter(|_| !is_held_back)
    });
    names.collect()
}

/// Each address that a peer made public leads to an article here, but for those named in `not_here`; and no other article is
/// public.
async fn is_the_same(app: &TestApp, list: &Path, not_here: &[&str], aliases: &[&str]) {
    let there = published_there(list);
    let mut articles = 0;
    for name in &there {
        let status = app.get(format!("/v1/articles/{name}")).send().await.status;
        match not_here.contains(&&**name) {
            true => assert_eq!(status, 404, "{name}"),
            false => assert!(matches!(status, 200 | 308), "{name}: {status}"),
        }
        articles += usize::from(!not_here.contains(&&**name) && !aliases.contains(&&**name));
    }
    let here = public(app).await;
    assert_eq!(here.len(), articles, "{here:?} of {there:?}");
}

#[actix_web::test]
async fn what_hugo_published_is_public_here() {
    let Some(site) = exported("hugo/site") else {
        return;
    };
    let copy = tempfile::tempdir().unwrap();
    without_notices(&site, copy.path());
    // The title 1.10 is a number to Hugo, and 1.1 in an address.
    let typed = copy.path().join("content/news/2026/typed.md");
    let page = fs::read_to_string(&typed).unwrap().replace("title: 1.10", "title: 1.1");
    fs::write(&typed, page).unwrap();
    let app = TestApp::new().await;
    let (_, lines) = import(&app, copy.path());
    // The file without front matter has an address with the year 1.
    let lists = ["01", "news", "pages"];
    let peer = site.parent().unwrap();
    is_the_same(&app, &peer.join("published-by-0.111.3.txt"), &lists, &["storm"]).await;
    // YAML 1.2 has no `yes`: the newer one published what its author held back, and here it is refused.
    let refused = "a-draft-in-the-words-of-yaml-1-1";
    let newer = ["01", "news", "pages", refused];
    is_the_same(&app, &peer.join("published-by-0.168.0.txt"), &newer, &["storm"]).await;
    // Its zone, its sections, its language.
    let local = app.get("/v1/articles/without-a-zone").ok().await;
    assert_eq!(local["published_at"], "2026-06-30T22:30:00.000000Z");
    assert_eq!((&local["section"], &local["language"]), (&json!("news"), &json!("en-GB")));
    assert_eq!(app.get("/v1/articles/imprint").ok().await["section"], "pages");
    let expired = app.get("/v1/articles/ferry-timetable-of-last-winter").send().await;
    assert_eq!(expired.status, 410);
    assert!(
        lines.iter().any(|line| line.contains("expired.md:4: warning: `expirydate` ends it")),
        "{lines:#?}"
    );
}

#[actix_web::test]
async fn what_jekyll_published_is_public_here() {
    let Some(site) = exported("jekyll/site") else {
        return;
    };
    let copy = tempfile::tempdir().unwrap();
    without_notices(&site, copy.path());
    let app = TestApp::new().await;
    let (done, lines) = import(&app, copy.path());
    assert_eq!((done.refused, done.skipped), (0, 1), "{lines:#?}");
    let list = site.parent().unwrap().join("published.txt");
    is_the_same(&app, &list, &["about"], &["storm"]).await;
    let storm = app.get("/v1/articles/storm-closes-the-strait-no-ferries-until-monday").ok().await;
    let tags: BTreeSet<&str> = storm["tags"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(tags, BTreeSet::from(["c-plus-plus", "ferries", "storm"]));
    assert_eq!(storm["section"], "harbour");
    let bridge = app.get("/v1/articles/bridge-opens-on-13-may").ok().await;
    assert_eq!(bridge["published_at"], "2026-01-31T23:00:00.000000Z");
    assert_eq!(bridge["authors"][0]["name"], "Desk");
}

#[actix_web::test]
async fn what_pelican_published_is_public_here() {
    let Some(site) = exported("pelican/site") else {
        return;
    };
    let app = TestApp::new().await;
    let (done, lines) = import(&app, &site);
    assert_eq!((done.refused, done.skipped), (0, 3), "{lines:#?}");
    // Other formats, the lists, a page, what is not listed, a date to come.
    let not_here = [
        "an-html-article", "markets-close-higher", "archives", "authors", "categories", "tags",
        "imprint", "only-with-the-link", "new-year-address",
    ];
    let list = site.parent().unwrap().join("published.txt");
    let there = published_there(&list);
    for name in &not_here {
        assert!(there.contains(*name), "{name}: {there:?}");
    }
    for name in there.iter().filter(|name| !not_here.contains(&&***name)) {
        app.get(format!("/v1/articles/{name}")).ok().await;
    }
    assert_eq!(public(&app).await.len(), there.len() - not_here.len());
    let storm = app.get("/v1/articles/storm-closes-the-strait").ok().await;
    assert_eq!(storm["published_at"], "2026-01-09T17:30:00.000000Z");
    let names = storm["authors"].as_array().unwrap().iter().map(|author| text(&author["name"]));
    assert_eq!(names.collect::<Vec<_>>(), ["Ida Marsh", "Weiß, Jürgen"]);
    assert_eq!((&storm["section"], &storm["language"]), (&json!("harbour"), &json!("en")));
    assert_eq!(state_of(&app, "only-with-the-link").await, "draft");
    assert_eq!(state_of(&app, "new-year-address").await, "scheduled");
    assert!(lines.iter().any(|line| line.contains("`{filename}`")), "{lines:#?}");
}

#[actix_web::test]
async fn the_configuration_of_hugo_holds_pages_back() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = |slug: &str, more: &str| {
        format!("---\ntitle: T\nslug: {slug}\ndate: 2020-01-01\n{more}---\nText\n")
    };
    for (name, text) in [
        (
            "config/_default/hugo.toml",
            "baseURL = 'https://site.example/'\nignoreFiles = ['_old\\.md$']\nbuildDrafts = true\ndisableLanguages = ['de']\n[cascade]\ndraft = true\n".to_owned(),
        ),
        ("config/_default/languages.yaml", "en: {}\nde: {}\n".to_owned()),
        ("config/_default/permalinks.toml", "[page]\nnews = '/:year/:filename/'\n".to_owned()),
        ("content/silent.md", page("silent", "")),
        ("content/news/said.md", page("said", "draft: false\n")),
        ("content/news/x_old.md", page("old", "draft: false\n")),
        ("content/news/said.de.md", page("german", "draft: false\n")),
        ("content/news/page.html", "<p>".to_owned()),
        ("README.md", page("readme", "draft: false\n")),
    ] {
        write(dir.path(), name, &text);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!((done.created, done.skipped, done.refused), (3, 3, 0), "{lines:#?}");
    assert_eq!(public(&app).await, BTreeSet::from(["said".to_owned()]));
    for slug in ["silent", "german"] {
        assert_eq!(state_of(&app, slug).await, "draft", "{slug}");
    }
    for told in [
        "x_old.md: skipped, is left out by the site's `ignoreFiles`",
        "page.html: skipped, HTML is not read",
        "README.md: skipped, lies beside content/",
        "said.de.md:1: warning: is a draft here: the language de is disabled",
        "warning: `builddrafts` may have made pages public",
    ] {
        assert!(lines.iter().any(|line| line.contains(told)), "{told}: {lines:#?}");
    }
    // Named by itself, what the site does not show is a draft.
    for (name, slug) in [("content/news/x_old.md", "old"), ("README.md", "readme")] {
        let (done, lines) = import(&app, &dir.path().join(name));
        assert_eq!(done.created, 1, "{name}: {lines:#?}");
        assert_eq!(state_of(&app, slug).await, "draft", "{name}");
    }
    // What cannot be read says nothing for certain: one line, and no page of the site.
    write(dir.path(), "config/_default/hugo.toml", "[cascade\n");
    let app = TestApp::new().await;
    let (done, lines) = import(&app, dir.path());
    assert_eq!((done.created, done.refused, lines.len()), (0, 1, 1), "{lines:#?}");
    assert!(lines[0].contains("hugo.toml: cannot be read ("), "{lines:#?}");
    assert!(lines[0].contains("make it readable"), "{lines:#?}");
}

/// Each export in the folders of a site is told of, at any depth.
#[actix_web::test]
async fn exports_below_a_site_are_told_of() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let feed = "<rss version=\"2.0\"><channel><title>N</title></channel></rss>";
    for (name, text) in [
        ("hugo.toml", "baseURL = 'https://site.example/'\n"),
        ("content/news/a.md", "---\ntitle: A\ndate: 2020-01-01\n---\nText\n"),
        ("content/news/old/feed.xml", feed),
        ("content/news/data.json", "{\"a\": 1}"),
        ("static/backup/news.jsonl", "{\"record\": \"copydesk\", \"schema\": 1}\n"),
        ("top.xml", feed),
    ] {
        write(dir.path(), name, text);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!((done.created, done.skipped, done.refused), (1, 3, 0), "{lines:#?}");
    assert_eq!(
        lines,
        [
            "top.xml: skipped, is a feed: name the file to import it",
            "content/news/old/feed.xml: skipped, is a feed: name the file to import it",
            "static/backup/news.jsonl: skipped, is an export of Copydesk: name the file to import it",
        ]
    );
}

#[actix_web::test]
async fn the_configuration_of_jekyll_holds_pages_back() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = |title: &str, more: &str| format!("---\ntitle: {title}\n{more}---\nText\n");
    for (name, text) in [
        (
            "_config.yml",
            "future: true\nexclude: [secret]\ncollections:\n  reports: {output: true}\n  notes:\ndefaults:\n  - scope: {path: _posts/held, type: posts}\n    values: {published: false}\n".to_owned(),
        ),
        ("_posts/2020-01-01-shown.md", page("Shown", "")),
        ("_posts/held/2020-01-01-held.md", page("Held", "")),
        ("_posts/held/2020-01-01-said.md", page("Said", "published: true\n")),
        ("_posts/2020-01-01-cased.md", page("Cased", "Published: false\n")),
        ("_posts/2031-01-01-cased-date.md", page("Cased date", "Date: 2020-01-01\n")),
        ("_posts/undated.md", page("Undated", "date: 2020-01-01\n")),
        ("_posts/2020-01-01-bare.md", "Only text.\n".to_owned()),
        ("_posts/2020-01-01-to-come.md", page("To come", "date: 2031-01-01\n")),
        ("_reports/a.md", page("Report", "date: 2020-01-01\n")),
        ("_notes/b.md", page("Note", "date: 2020-01-01\n")),
        ("_notes/more/c.md", page("Deep", "date: 2020-01-01\n")),
        ("secret/_posts/2020-01-01-s.md", page("Secret", "")),
        ("_posts/2020-01-01-untitled-words.md", "---\nlayout: post\n---\nText\n".to_owned()),
    ] {
        write(dir.path(), name, &text);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!((done.created, done.skipped, done.refused), (6, 5, 2), "{lines:#?}");
    let want = ["report", "said", "shown", "untitled-words"].map(str::to_owned);
    assert_eq!(public(&app).await, BTreeSet::from(want));
    assert_eq!(state_of(&app, "held").await, "draft");
    assert_eq!(state_of(&app, "to-come").await, "scheduled");
    for told in [
        "cased.md:3: Jekyll reads `published` and not `Published`",
        "cased-date.md:3: Jekyll reads `date` and not `Date`",
        "undated.md: skipped, is no post: its name does not begin with a date",
        "bare.md: skipped, it has no front matter, but Jekyll shows it",
        "b.md: skipped, the folder _notes is of the collection `notes`, which has no `output`",
        "s.md: skipped, the folder secret is left out by the site's `exclude`",
        "_config.yml: warning: `future` may have made pages public",
    ] {
        assert!(lines.iter().any(|line| line.contains(told)), "{told}: {lines:#?}");
    }
    // Named by itself, what the site does not show is a draft.
    for (name, slug) in [
        ("_notes/b.md", "note"),
        ("_notes/more", "deep"),
        ("secret/_posts/2020-01-01-s.md", "secret"),
        ("_posts/undated.md", "undated"),
    ] {
        let (done, lines) = import(&app, &dir.path().join(name));
        assert_eq!(done.created, 1, "{name}: {lines:#?}");
        let told = lines.iter().filter(|line| line.contains("warning: is a draft here: ")).count();
        assert_eq!(told, 1, "{lines:#?}");
        assert_eq!(state_of(&app, slug).await, "draft", "{name}");
    }
    let (done, lines) = import(&app, &dir.path().join("_reports/a.md"));
    assert_eq!(done.unchanged, 1, "{lines:#?}");
}

/// A post that is moved among the drafts is a new article: the public one is told of.
#[actix_web::test]
async fn a_page_that_was_moved_away_is_told_of() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "_config.yml", "title: N\n");
    let page = "---\ntitle: Secret deal\n---\nText\n";
    write(dir.path(), "_posts/2020-01-09-secret.md", page);
    import(&app, dir.path());
    fs::remove_file(dir.path().join("_posts/2020-01-09-secret.md")).unwrap();
    write(dir.path(), "_drafts/secret.md", page);
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done.created, 1, "{lines:#?}");
    let told = |line: &String| {
        line.starts_with("_drafts/secret.md: warning: the article `secret-deal` was imported from ")
            && line.ends_with("is public and stays so: unpublish it if it should not be")
    };
    assert!(lines.iter().any(told), "{lines:#?}");
    assert_eq!(state_of(&app, "secret-deal-2").await, "draft");
}

#[actix_web::test]
async fn the_configuration_of_pelican_holds_articles_back() {
    let dir = tempfile::tempdir().unwrap();
    let page =
        |title: &str, more: &str| format!("Title: {title}\nDate: 2020-01-01\n{more}\nText\n");
    for (name, text) in [
        ("content/one.md", page("One", "")),
        ("content/two.md", page("Two", "Status: published\n")),
        ("content/broken.md", page("Broken", "Some words\nStatus: draft\n")),
        ("content/drafts/three.md", page("Three", "Status: published\n")),
    ] {
        write(dir.path(), name, &text);
    }
    let settings = "PATH = 'content'\nTIMEZONE = 'Europe/Berlin'\nARTICLE_EXCLUDES = ['drafts']\n";
    for (more, created, refused) in [
        ("DEFAULT_METADATA = {\n    'status': 'draft',\n}\n", 2, 1),
        // What is not plain may hold back what does not say its status.
        ("if RELEASE:\n    DEFAULT_METADATA = {}\n", 1, 2),
        ("ARTICLE_PATHS = find()\n", 0, 3),
    ] {
        let app = TestApp::new().await;
        write(dir.path(), "pelicanconf.py", &format!("{settings}{more}"));
        let (done, lines) = import(&app, dir.path());
        assert_eq!((done.created, done.skipped, done.refused), (created, 1, refused), "{lines:#?}");
        let want: BTreeSet<String> = (created > 0).then(|| "two".to_owned()).into_iter().collect();
        assert_eq!(public(&app).await, want, "{more}");
        assert!(
            lines.iter().any(|line| line.contains("broken.md:3: this line is no `Name: value`")),
            "{lines:#?}"
        );
    }
}
