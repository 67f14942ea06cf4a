//! A corpus of hostile texts: each is stored as it was written, and comes back harmless.

use serde_json::json;

use crate::support::TestApp;
use crate::support::make::{comment_path, comments_of, text};

/// Texts that have broken something somewhere.
fn corpus() -> Vec<String> {
    let mut all: Vec<String> = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "\"><script>alert(document.domain)</script>",
        "'-alert(1)-'",
        "</p></div></body><h1>Mine now</h1>",
        "<!--<img src=\"--><img src=x onerror=alert(1)//\">",
        "<a href=\"javascript:alert(1)\">click</a>",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "https://user:password@evil.example/\"onmouseover=\"alert(1)",
        "https://evil.example/<script>",
        "https://evil.example/'style='position:fixed",
        "http://[::1]:99999/ http://%00.example/ https:///nothing https://",
        "https://good.example\u{202e}moc.live//:sptth",
        "{{7*7}} ${7*7} <%= 7*7 %> #{7*7} [[7*7]]",
        "&lt;script&gt; &amp;amp; &#x3c;script&#x3e;",
        "\u{202e}txet siht sesrever\u{202c}",
        "\u{2066}isolated\u{2069} \u{2067}and never closed",
        "zero\u{200b}width\u{200c}and\u{200d}joined\u{feff}text",
        "\u{ad}\u{2060}\u{180e}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        "\u{e0001}\u{e0041}\u{e007f}tagged",
        "\u{fff9}annotated\u{fffa}with\u{fffb} \u{fffc}\u{fffd}",
        "\u{ffff}\u{10ffff}\u{fdd0}",
        "';drop table comments;--",
        "%00%0d%0aSet-Cookie: a=b",
        "\u{2028}line\u{2029}paragraph",
        "\u{aa60}\u{1d173}\u{fdfd}\u{12219}",
        "\u{5d0}\u{5d1} and \u{627}\u{644} mixed 123",
    ]
    .map(str::to_owned)
    .into();
    all.push(format!("Z{}algo", "\u{300}\u{489}\u{36f}".repeat(1_000)));
    all.push(format!("e{}", "\u{301}".repeat(4_000)));
    all.push(format!("e{}", "\u{489}\u{fe0f}\u{300}\u{64b}".repeat(500)));
    all.push("<".repeat(5_000));
    all.push("https://a.example/".repeat(250));
    all.push("a\n".repeat(2_000));
    all
}

/// Whether HTML holds nothing but paragraphs, line breaks and links to web addresses that
/// vouch for nothing.
fn is_harmless(html: &str) -> Result<(), String> {
    let mut rest = html;
    let mut is_open = false;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let end = rest.find('>').ok_or("a tag that does not end")?;
        let tag = &rest[..=end];
        match tag {
            "<p>" if !is_open => is_open = true,
            "</p>" if is_open => is_open = false,
            "<br>" | "</a>" => {}
            _ => {
                let link = tag.strip_prefix("<a href=\"").ok_or(tag)?;
                let (address, attributes) = link.split_once('"').ok_or(tag)?;
                let address = address.to_ascii_lowercase();
                let is_web = address.starts_with("https://") || address.starts_with("http://");
                if !is_web || attributes != " rel=\"nofollow ugc noopener\">" {
                    return Err(tag.to_owned());
                }
            }
        }
        rest = &rest[end + 1..];
    }
    let turns =
        html.chars().find(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    if let Some(c) = turns {
        return Err(format!("a direction that is not closed: {c:?}"));
    }
    let mut marks = 0;
    let mut tower = false;
    for c in html.chars() {
        marks = match c {
            '\u{300}'..='\u{36f}' | '\u{489}' | '\u{64b}' => marks + 1,
            '\u{fe0f}' => marks,
            _ => 0,
        };
        tower |= marks > 6;
    }
    if is_open || tower {
        return Err("something reaches beyond it".to_owned());
    }
    Ok(())
}

#[actix_web::test]
async fn hostile_texts_are_kept_and_harmless() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let path = comments_of(&article);
    let corpus = corpus();
    assert!(corpus.len() > 35);
    let mut kept = 0;
    for (nth, body) in corpus.iter().enumerate() {
        let words = json!({"author_name": format!("Reader {nth}"), "body": body});
        let answer = app.post(&path, &words).send().await;
        // What cannot be said, with the reason; everything else as it was said.
        if answer.status != 201 {
            let problem = answer.expect(422).problem("validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], "/body", "{body:?}");
            continue;
        }
        kept += 1;
        let made = answer.json();
        let own = comment_path(&made);
        let read = app.get(&own).ok().await;
        assert_eq!(read["body"], **body);
        let html = text(&read["body_html"]);
        is_harmless(html).unwrap_or_else(|why| panic!("{body:?} gives {html:?}: {why}"));
    }
    assert!(kept >= corpus.len() - 1, "{kept} of {}", corpus.len());
    let thread = app.get(format!("{path}?limit=100")).ok().await;
    assert_eq!(thread["items"].as_array().unwrap().len(), kept);
    let tower =
        json!({"author_name": format!("S{}am", "\u{300}".repeat(70)), "body": "From a tower"});
    let made = app.post(&path, &tower).created().await;
    assert_eq!(made["author_name"], format!("S{}am", "\u{300}".repeat(6)));
    for name in ["\u{202e}maS", "a\nb", "\u{2066}", " ", "\u{0}", "S\u{7}am"] {
        let words = json!({"author_name": name, "body": "Hello"});
        let refused = app.post(&path, &words).expect(422).await;
        assert_eq!(refused.problem("validation_failed")["errors"][0]["pointer"], "/author_name");
    }
}

#[actix_web::test]
async fn a_text_of_which_nothing_is_seen_is_none() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let blank = [
        "\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}\n\u{feff}", "\u{e0041}\u{e007f}",
        " \u{115f}\u{a0}", "\u{fe0f}", "\u{180e}",
    ];
    for text in blank {
        for (member, body) in [
            ("/body", json!({"author_name": "Sam", "body": text})),
            ("/author_name", json!({"author_name": text.replace('\n', ""), "body": "Hello"})),
        ] {
            let faults = app.post(comments_of(&article), &body).faults().await;
            assert_eq!(faults[0], (member.to_owned(), "too_short".to_owned()), "{text:?}");
        }
        let line = text.replace('\n', "");
        for (path, body) in [
            ("/v1/articles", json!({"title": line})),
            ("/v1/articles", json!({"title": "A", "source": {"name": line}})),
            ("/v1/articles", json!({"title": "A", "authors": [{"name": line}]})),
            ("/v1/disclaimers", json!({"key": "k", "title": line, "body": "B"})),
            ("/v1/keys", json!({"name": line, "scopes": []})),
        ] {
            app.key().post(path, &body).expect(422).await;
        }
    }
    // What joins or hides between letters stays as it was written.
    for text in ["a\u{200d}b", "\u{2800}x", "\u{301}", "\u{1f3f4}\u{e0067}\u{e007f}"] {
        app.comment(&article, text).await;
    }
}
