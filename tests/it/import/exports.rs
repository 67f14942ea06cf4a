//! Real sites of other programs, with what those made public of them: nothing more is public here.
//! Skipped, visibly, where the sites are not there.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{import, import_with};
use crate::support::TestApp;
use crate::support::make::text;
use copydesk::commands::import::Expiry;

fn site(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/data/exports/{name}"));
    if path.is_dir() {
        return Some(path);
    }
    // Not a macro: the test runner would keep what it prints to itself.
    let _ =
        writeln!(std::io::stderr(), "SKIPPED the site of {name}: {} is not there", path.display());
    None
}

/// Titles of what readers and of what editors see, in order.
async fn titles(app: &TestApp) -> (Vec<String>, Vec<String>) {
    let list = async |with_key: bool| {
        let get = app.get("/v1/articles?limit=100");
        let get = if with_key { get.key() } else { get };
        let list = get.ok().await;
        let items = list["items"].as_array().unwrap().iter();
        let mut titles: Vec<String> = items.map(|item| text(&item["title"]).to_owned()).collect();
        titles.sort_unstable();
        titles
    };
    (list(false).await, list(true).await)
}

/// A copy without what names a notice by a template: those files are refused, and that is tried below.
fn without_notices(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            without_notices(&path, &copy);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8(bytes.clone());
        match text {
            Ok(text)
                if text.contains("disclaimer")
                    && path.extension().is_some_and(|end| end == "md") =>
            {
                let lines = text
                    .lines()
                    .filter(|line| !line.contains("disclaimer") && !line.contains("Supplied"));
                fs::write(copy, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
            }
            _ => fs::write(copy, bytes).unwrap(),
        }
    }
}

#[actix_web::test]
async fn of_hugo_s_site_no_more_is_public_than_hugo_showed() {
    let Some(site) = site("hugo/site") else {
        return;
    };
    let app = TestApp::new().await;
    let (done, lines) = import_with(&app, &site, Expiry::Honoured, vec![]);
    let refused =
        |name: &str| lines.iter().any(|line| line.contains(name) && !line.contains("warning"));
    assert!(refused("draft-yes.md:4: `draft` must be"), "{lines:#?}");
    assert!(refused("storm.md:"), "a shortcode that names a notice: {lines:#?}");
    assert!(refused("no-front.md: skipped"), "{lines:#?}");
    assert_eq!((done.refused, done.skipped), (2, 1), "{lines:#?}");
    let (public, all) = titles(&app).await;
    assert_eq!(
        public,
        [
            "1.10", "A page with its pictures", "Bridge opens on 13 May", "Imprint",
            "Markets close higher", "Without a zone", "Паром отменён"
        ]
    );
    assert!(
        all.contains(&"New year address".to_owned())
            && all.contains(&"Written now, out later".to_owned())
    );
    // With its words written out it comes in whole.
    let copy = tempfile::tempdir().unwrap();
    without_notices(&site, copy.path());
    let app = TestApp::new().await;
    let (done, lines) = import(&app, copy.path());
    assert_eq!((done.created, done.refused), (12, 1), "{lines:#?}");
}

#[actix_web::test]
async fn of_jekyll_s_site_no_more_is_public_than_jekyll_showed() {
    let Some(site) = site("jekyll/site") else {
        return;
    };
    let app = TestApp::new().await;
    let (done, lines) = import(&app, &site);
    // A page beside the posts has no date: it is no article.
    assert!(
        lines.iter().any(|line| line.starts_with("about.md:1: `date` is missing")),
        "{lines:#?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("storm-closes-the-strait.md:") && line.contains("notice")),
        "{lines:#?}"
    );
    assert_eq!(done.refused, 2, "{lines:#?}");
    let (public, all) = titles(&app).await;
    assert_eq!(public, ["1.10", "Bridge opens on 13 May", "In a folder", "Паром отменён"]);
    for kept_back in
        ["Plans for the fish market", "A draft with a date", "Held back", "New year address"]
    {
        assert!(all.contains(&kept_back.to_owned()), "{kept_back}: {all:?}");
    }
    let bridge = app.get("/v1/articles/bridge").expect(308).await;
    assert_eq!(bridge.header("location"), "/v1/articles/bridge-opens-on-13-may");
}

#[actix_web::test]
async fn of_pelican_s_site_no_more_is_public_than_pelican_showed() {
    let Some(site) = site("pelican/site") else {
        return;
    };
    let app = TestApp::new().await;
    let (done, lines) = import(&app, &site);
    // What has no dashes has no front matter that this reads.
    assert!(done.skipped >= 4 && done.refused == 0, "{done} {lines:#?}");
    let (public, all) = titles(&app).await;
    assert_eq!(public, ["Bridge opens on 13 May"]);
    assert!(all.contains(&"A draft between dashes".to_owned()), "{all:?}");
}
