//! Real sites of other programs, with what those made public of them: nothing more is public here.
//! Skipped, visibly, where the sites are not there.

use std::fs;
use std::path::Path;

use super::{exported, import, import_with, titles};
use crate::support::TestApp;
use copydesk::import::Expiry;

/// A copy without what names a notice by a template: those files are refused, and that is tried below.
pub(super) fn without_notices(from: &Path, to: &Path) {
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
    let Some(site) = exported("hugo/site") else {
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
    let (public, all) = (titles(&app, false).await, titles(&app, true).await);
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
    let Some(site) = exported("jekyll/site") else {
        return;
    };
    let app = TestApp::new().await;
    let (done, lines) = import(&app, &site);
    // A page beside the posts has no date: it is no article.
    assert!(
        lines.iter().any(|line| line.starts_with("about.md: skipped, is a page, not a post")),
        "{lines:#?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("storm-closes-the-strait.md:") && line.contains("notice")),
        "{lines:#?}"
    );
    assert_eq!((done.refused, done.skipped), (1, 1), "{lines:#?}");
    let (public, all) = (titles(&app, false).await, titles(&app, true).await);
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
    let Some(site) = exported("pelican/site") else {
        return;
    };
    let app = TestApp::new().await;
    let (done, lines) = import(&app, &site);
    // Of the other formats each file is told of, and the page is no article.
    assert_eq!((done.skipped, done.refused), (3, 0), "{done} {lines:#?}");
    let (public, all) = (titles(&app, false).await, titles(&app, true).await);
    let storm = "Storm closes the strait \u{2013} \u{201c}no ferries until Monday\u{201d}";
    assert_eq!(public, ["Bridge opens on 13 May", storm, "Паром отменён"]);
    for kept_back in [
        "A draft between dashes", "Plans for the fish market", "Only with the link",
        "New year address",
    ] {
        assert!(all.contains(&kept_back.to_owned()), "{kept_back}: {all:?}");
    }
}
