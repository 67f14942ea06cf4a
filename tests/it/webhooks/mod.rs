//! Webhooks: what is sent to whom, how often, and what a receiver can rely on.

mod filter;

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use copydesk::app::Parts;
use copydesk::db::Conn;
use copydesk::domain::signature::sign;
use copydesk::outgoing::Reach;
use copydesk::webhooks::{self, Follower, WEBHOOKS_MAX};
use hmac::Mac as _;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{DAY, MINUTE, NOWHERE, SECOND, path_of, text, texts};

const HOUR: i64 = 60 * MINUTE;
/// Longest that a test waits for a request: far longer than it takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that a receiver was sent.
#[derive(Clone, Debug)]
struct Received {
    head: String,
    body: String,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        let line = |line: &'_ str| {
            let (known, _) = line.split_once(':').unwrap_or_default();
            known.eq_ignore_ascii_case(name)
        };
        let found = self.head.lines().find(|one| line(one));
        let found = found.unwrap_or_else(|| panic!("no {name}: {}", self.head));
        found.split_once(':').unwrap().1.trim()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The signatures that it should have, for this secret.
    fn signed_with(&self, secret: &str) -> String {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let what = format!("{}.{}.", self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = sign(&key, what.as_bytes(), &self.body).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(signed))
    }
}

/// A server that takes webhooks on a thread of its own.
struct Hook {
    url: String,
    received: Receiver<Received>,
    /// The statuses of the next answers; 204 where there is none.
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Hook {
    fn new() -> Self {
        Self::waiting_for(None)
    }

    /// One that answers once it is told to, or after a while.
    fn waiting_for(told: Option<Receiver<()>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?token=1", listener.local_addr().unwrap());
        let answers: Arc<Mutex<VecDeque<u16>>> = Arc::default();
        let (sends, received) = mpsc::channel();
        let next = Arc::clone(&answers);
        // Ends with the process: nobody connects any more.
        thread::spawn(move || serve(&listener, &next, &sends, told.as_ref()));
        Self { url, received, answers }
    }

    /// What to answer next.
    fn answers(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    /// What was sent since the last look.
    fn taken(&self) -> Vec<Received> {
        self.received.try_iter().collect()
    }

    /// The one request that was sent since the last look.
    fn one(&self) -> Received {
        let taken = self.taken();
        assert_eq!(taken.len(), 1, "{taken:?}");
        taken[0].clone()
    }
}

fn serve(
    listener: &TcpListener,
    answers: &Mutex<VecDeque<u16>>,
    sends: &Sender<Received>,
    told: Option<&Receiver<()>>,
) {
    for stream in listener.incoming() {
        let mut reader = BufReader::new(stream.unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap() == 0 {
                return;
            }
        }
        let mut received = Received { head, body: String::new() };
        let length: u64 = received.header("content-length").parse().unwrap();
        (&mut reader).take(length).read_to_string(&mut received.body).unwrap();
        // Who is told of a request may take its answer for sent.
        if let Some(told) = told {
            told.recv_timeout(PATIENCE).unwrap();
        }
        let status = answers.lock().unwrap().pop_front().unwrap_or(204);
        if sends.send(received).is_err() {
            return;
        }
        let location = if status == 302 { "Location: http://127.0.0.1:1/\r\n" } else { "" };
        let answer = format!(
            "HTTP/1.1 {status} S\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
    }
}

/// A newsroom that may send to this machine.
async fn newsroom() -> TestApp {
    TestApp::changed(|parts: &mut Parts| {
        parts.webhooks = Arc::new(webhooks::Sender::new(Reach::Anywhere));
    })
    .await
}

fn follower_named(app: &TestApp, name: Option<&str>) -> Follower {
    app.parts.webhook_follower(app.db(), name.map(str::to_owned))
}

fn follower(app: &TestApp) -> Follower {
    follower_named(app, None)
}

/// Creates a webhook for a receiver.
async fn hook_to(app: &TestApp, hook: &Hook, types: &[&str]) -> Value {
    let body = json!({"url": hook.url, "types": types});
    app.key().post("/v1/webhooks", body).created().await
}

fn path_of_hook(webhook: &Value) -> String {
    format!("/v1/webhooks/{}", text(&webhook["id"]))
}

async fn deliveries(app: &TestApp, webhook: &Value) -> Vec<Value> {
    let list = app.key().get(format!("{}/deliveries", path_of_hook(webhook))).ok().await;
    list["items"].as_array().unwrap().clone()
}

/// Sends until there is nothing to be sent. Returns how many attempts were made.
async fn all(follower: &Follower) -> usize {
    let mut sent = 0;
    loop {
        match follower.step().await.unwrap() {
            0 => return sent,
            more => sent += more,
        }
    }
}

#[actix_web::test]
async fn a_receiver_is_sent_each_change_once_in_order_and_signed() {
    let app = newsroom().await;
    let hook = Hook::new();
    app.article("Before").await;
    let webhook = hook_to(&app, &hook, &["article"]).await;
    let article = app.article("A").await;
    app.disclaimer("not-followed").await;
    app.act(&article, "withdraw", json!({})).await;
    let follower = follower(&app);
    assert_eq!(all(&follower).await, 2);
    let taken = hook.taken();
    let kinds: Vec<Value> = taken.iter().map(|one| one.json()["type"].clone()).collect();
    assert_eq!(kinds, ["article.published", "article.withdrawn"]);
    let feed = app.get("/v1/changes?limit=100").ok().await;
    for (one, change) in taken.iter().zip(&feed["items"].as_array().unwrap()[1..]) {
        let want = json!({"type": change["type"], "timestamp": change["at"], "data": change});
        assert_eq!(one.json(), want);
        assert!(one.head.starts_with("POST /hook?token=1 HTTP/1.1\r\n"), "{}", one.head);
        assert_eq!(one.header("content-type"), "application/json");
        let signature = one.header("webhook-signature");
        assert_eq!(signature, one.signed_with(text(&webhook["secret"])));
        let sent_at: i64 = one.header("webhook-timestamp").parse().unwrap();
        assert_eq!(sent_at, 1_795_341_600);
    }
    let list = deliveries(&app, &webhook).await;
    let ids: Vec<&str> = taken.iter().rev().map(|one| one.header("webhook-id")).collect();
    assert_eq!(texts(&json!(list), "id"), ids);
    assert_eq!(list[1]["payload"], taken[0].json());
    for one in &list {
        let told = (&one["state"], &one["attempts"], &one["status"], &one["failure"]);
        assert_eq!(told, (&json!("delivered"), &json!(1), &json!(204), &Value::Null));
    }
    // Nothing twice, also by a server that was started anew.
    assert_eq!(all(&follower).await + all(&self::follower(&app)).await, 0);
}

#[actix_web::test]
async fn what_the_clock_does_is_sent_too() {
    let app = newsroom().await;
    let hook = Hook::new();
    hook_to(&app, &hook, &["article.published"]).await;
    let article = app.draft("A").await;
    app.act(&article, "publish", json!({"at": "2026-11-22T11:00:00Z"})).await;
    let follower = follower(&app);
    assert_eq!(all(&follower).await, 0);
    app.clock.advance(HOUR);
    assert_eq!(all(&follower).await, 1);
    assert_eq!(hook.one().json()["timestamp"], "2026-11-22T11:00:00.000000Z");
}

#[actix_web::test]
async fn what_fails_is_sent_again_before_all_that_comes_after_it() {
    let app = newsroom().await;
    let hook = Hook::new();
    let webhook = hook_to(&app, &hook, &["article"]).await;
    app.article("A").await;
    app.article("B").await;
    let follower = follower(&app);
    hook.answers(&[500, 302, 429]);
    assert_eq!(all(&follower).await, 1);
    let first = hook.one();
    let list = deliveries(&app, &webhook).await;
    assert_eq!((list.len(), &list[0]["state"]), (1, &json!("waiting")));
    assert_eq!((&list[0]["status"], &list[0]["failure"]), (&json!(500), &json!("status")));
    let shown = app.key().get(path_of_hook(&webhook)).ok().await;
    assert_eq!(shown["failing_since"], list[0]["last_attempt_at"]);
    for pause in [5 * SECOND, 5 * MINUTE] {
        app.clock.advance(pause - SECOND);
        assert_eq!(all(&follower).await, 0);
        app.clock.advance(2 * SECOND);
        // No redirect is followed.
        assert_eq!(all(&follower).await, 1);
        let again = hook.one();
        assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
        assert_eq!(again.body, first.body);
        assert_ne!(again.header("webhook-timestamp"), first.header("webhook-timestamp"));
    }
    app.clock.advance(31 * MINUTE);
    assert_eq!(all(&follower).await, 2);
    let taken = hook.taken();
    assert_eq!(taken[0].body, first.body);
    assert_ne!(taken[1].header("webhook-id"), first.header("webhook-id"));
    let list = deliveries(&app, &webhook).await;
    assert_eq!((&list[1]["state"], &list[1]["attempts"]), (&json!("delivered"), &json!(4)));
    let shown = app.key().get(path_of_hook(&webhook)).ok().await;
    assert_eq!(shown["failing_since"], Value::Null);
}

#[actix_web::test]
async fn an_event_is_given_up_after_three_days_and_a_receiver_after_five() {
    let app = newsroom().await;
    let hook = Hook::new();
    let webhook = hook_to(&app, &hook, &["article"]).await;
    app.article("A").await;
    app.article("B").await;
    let follower = follower(&app);
    hook.answers(&[503; 40]);
    let (mut hours, mut attempts) = (0, 0);
    let disabled = loop {
        attempts += all(&follower).await;
        let shown = app.key().get(path_of_hook(&webhook)).ok().await;
        if shown["enabled"] == false {
            break shown;
        }
        app.clock.advance(HOUR);
        hours += 1;
        assert!(hours < 7 * 24, "{shown}");
    };
    assert!(hours >= 5 * 24, "{hours}");
    assert_eq!(disabled["disabled_reason"], "failing");
    let list = deliveries(&app, &webhook).await;
    assert_eq!(texts(&json!(list), "state"), ["given_up", "given_up"]);
    assert_eq!(list[1]["attempts"], 10);
    assert_eq!(attempts, hook.taken().len());
    // Enabled again, it is sent what happens from then on.
    app.article("Missed").await;
    app.clock.advance(DAY);
    assert_eq!(all(&follower).await, 0);
    hook.answers.lock().unwrap().clear();
    let enabled = app.key().patch(path_of_hook(&webhook), json!({"enabled": true})).ok().await;
    for member in ["disabled_at", "disabled_reason", "failing_since"] {
        assert_eq!(enabled[member], Value::Null, "{member}");
    }
    let article = app.article("C").await;
    assert_eq!(all(&follower).await, 1);
    assert_eq!(hook.one().json()["data"]["article_id"], article["id"]);
}

#[actix_web::test]
async fn a_receiver_that_is_gone_is_sent_no_more() {
    let app = newsroom().await;
    let hook = Hook::new();
    let webhook = hook_to(&app, &hook, &["article"]).await;
    app.article("A").await;
    app.article("B").await;
    let follower = follower(&app);
    hook.answers(&[410]);
    assert_eq!(all(&follower).await, 1);
    let shown = app.key().get(path_of_hook(&webhook)).ok().await;
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("gone")));
    app.clock.advance(DAY);
    assert_eq!(all(&follower).await, 0);
    assert_eq!(deliveries(&app, &webhook).await[0]["state"], "given_up");
}

#[actix_web::test]
async fn a_receiver_that_hangs_holds_up_nobody_else() {
    let app = newsroom().await;
    let (tell, told) = mpsc::channel();
    // It answers once the other was sent its event.
    let (hanging, quick) = (Hook::waiting_for(Some(told)), Hook::new());
    hook_to(&app, &hanging, &["article"]).await;
    hook_to(&app, &quick, &["article"]).await;
    app.article("A").await;
    let waits = thread::spawn(move || {
        let received = quick.received.recv_timeout(PATIENCE);
        tell.send(()).unwrap();
        received.unwrap()
    });
    assert_eq!(follower(&app).step().await.unwrap(), 2);
    let quick = waits.join().unwrap();
    assert_eq!(quick.body, hanging.one().body);
}

#[actix_web::test]
async fn a_webhook_belongs_to_one_of_several_servers() {
    let app = newsroom().await;
    let hook = Hook::new();
    hook_to(&app, &hook, &["article"]).await;
    let (one, other) = (follower_named(&app, Some("one")), follower_named(&app, Some("other")));
    app.article("A").await;
    assert_eq!(all(&one).await, 1);
    app.article("B").await;
    assert_eq!(all(&other).await, 0);
    // The one is gone: after a minute the other takes over.
    app.clock.advance(MINUTE + SECOND);
    assert_eq!(all(&other).await, 1);
    app.article("C").await;
    assert_eq!(all(&one).await, 0);
    assert_eq!(all(&other).await, 1);
    assert_eq!(hook.taken().len(), 3);
}

#[actix_web::test]
async fn a_test_tells_at_once_and_what_waits_follows() {
    let app = newsroom().await;
    let hook = Hook::new();
    let webhook = hook_to(&app, &hook, &["article"]).await;
    app.article("A").await;
    let follower = follower(&app);
    hook.answers(&[500, 500]);
    assert_eq!(all(&follower).await, 1);
    let test = format!("{}/test", path_of_hook(&webhook));
    let failed = app.key().post_empty(&test).ok().await;
    let told = (&failed["type"], &failed["state"], &failed["status"], &failed["attempts"]);
    assert_eq!(told, (&json!("webhook.test"), &json!("given_up"), &json!(500), &json!(0)));
    assert_eq!(all(&follower).await, 0, "the schedule stays");
    let taken = app.key().post_empty(&test).ok().await;
    assert_eq!((&taken["state"], &taken["failure"]), (&json!("delivered"), &Value::Null));
    let sent = hook.taken();
    assert_eq!(sent[2].json()["data"]["webhook_id"], webhook["id"]);
    assert_eq!(sent[2].header("webhook-signature"), sent[2].signed_with(text(&webhook["secret"])));
    // The receiver is well again.
    assert_eq!(all(&follower).await, 1);
    assert_eq!(hook.one().body, sent[0].body);
}

#[actix_web::test]
async fn a_delivery_is_sent_again_by_hand() {
    let app = newsroom().await;
    let hook = Hook::new();
    let webhook = hook_to(&app, &hook, &["article"]).await;
    app.article("A").await;
    app.article("B").await;
    let follower = follower(&app);
    hook.answers(&[500]);
    assert_eq!(all(&follower).await, 1);
    let waiting = deliveries(&app, &webhook).await.remove(0);
    let again = format!("{}/deliveries/{}/resend", path_of_hook(&webhook), text(&waiting["id"]));
    let sent = app.key().post_empty(&again).ok().await;
    assert_eq!((&sent["id"], &sent["state"]), (&waiting["id"], &json!("delivered")));
    assert_eq!(sent["attempts"], 1);
    assert_eq!(all(&follower).await, 1, "the next follows");
    hook.answers(&[500]);
    let failed = app.key().post_empty(&again).ok().await;
    assert_eq!((&failed["state"], &failed["failure"]), (&json!("delivered"), &json!("status")));
    let ids: Vec<String> =
        hook.taken().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[0], ids[3]);
    let other = hook_to(&app, &hook, &["article"]).await;
    let elsewhere = format!("{}/deliveries/{}/resend", path_of_hook(&other), ids[0]);
    app.key().post_empty(&elsewhere).refused("delivery_not_found").await;
    let nowhere = format!("{}/deliveries/{NOWHERE}/resend", path_of_hook(&webhook));
    app.key().post_empty(&nowhere).refused("delivery_not_found").await;
}

#[actix_web::test]
async fn both_secrets_sign_for_a_day() {
    let app = newsroom().await;
    let hook = Hook::new();
    let webhook = hook_to(&app, &hook, &["article"]).await;
    let rotate = format!("{}/rotate-secret", path_of_hook(&webhook));
    let rotated = app.key().post_empty(&rotate).ok().await;
    let (old, new) = (text(&webhook["secret"]), text(&rotated["secret"]));
    assert_ne!(old, new);
    assert!(text(&rotated["former_secret_until"]).starts_with("2026-11-23T10:00:"));
    app.article("A").await;
    let follower = follower(&app);
    all(&follower).await;
    let one = hook.one();
    let both = format!("{} {}", one.signed_with(new), one.signed_with(old));
    assert_eq!(one.header("webhook-signature"), both);
    app.clock.advance(DAY + SECOND);
    app.article("B").await;
    all(&follower).await;
    let one = hook.one();
    assert_eq!(one.header("webhook-signature"), one.signed_with(new));
}

#[actix_web::test]
async fn a_webhook_is_made_changed_and_deleted() {
    let app = newsroom().await;
    let body = json!({"url": "https://site.example/hook", "description": "Search"});
    let answer = app.key().post("/v1/webhooks", &body).expect(201).await;
    let made = answer.json();
    assert_eq!(answer.header("location"), path_of_hook(&made));
    assert!(text(&made["secret"]).starts_with("whsec_"), "{made}");
    assert_eq!((&made["types"], &made["enabled"]), (&json!(["article"]), &json!(true)));
    assert_eq!(made["created_by"], "admin");
    let path = path_of_hook(&made);
    let shown = app.key().get(&path).ok().await;
    let mut want = made.clone();
    want.as_object_mut().unwrap().shift_remove("secret");
    assert_eq!(shown, want, "the secret is shown once");
    let list = app.key().get("/v1/webhooks").ok().await;
    assert_eq!(list["items"], json!([shown]));
    let tag = app.key().get(&path).expect(200).await.header("etag").to_owned();
    let change = json!({"types": ["comment", "comment", "disclaimer.updated"], "enabled": false});
    app.key().patch(&path, &change).header("If-Match", "\"1-x\"").expect(412).await;
    let changed = app.key().patch(&path, &change).header("If-Match", &tag).ok().await;
    assert_eq!(changed["types"], json!(["comment", "disclaimer.updated"]));
    assert_eq!(changed["disabled_reason"], "by_hand");
    assert_eq!(app.key().patch(&path, &changed).ok().await["description"], "Search");
    app.key().delete(&path).header("If-Match", &tag).expect(412).await;
    app.key().delete(&path).done().await;
    app.key().get(&path).refused("webhook_not_found").await;
    assert_eq!(app.key().get("/v1/webhooks").ok().await["items"], json!([]));
}

#[actix_web::test]
async fn urls_that_nothing_is_sent_to_are_refused() {
    // As by default, this one sends to public addresses alone.
    let app = TestApp::new().await;
    let post = |url: String| app.key().post("/v1/webhooks", json!({"url": url}));
    for url in [
        "http://127.0.0.1/",
        "https://[::1]/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest",
        "http://localhost:8080/",
        "ftp://site.example/",
        "https://user:word@site.example/",
        "https://site.example/#part",
        "https://site.example:0/",
        "site.example",
        "",
        &format!("https://site.example/{}", "a".repeat(2_000)),
    ] {
        let faults = post(url.to_owned()).faults().await;
        assert_eq!(faults, [("/url".to_owned(), "wrong_form".to_owned())], "{url}");
    }
    let none = json!({"url": "https://site.example/", "types": []});
    let faults = app.key().post("/v1/webhooks", none).faults().await;
    assert_eq!(faults, [("/types".to_owned(), "too_short".to_owned())]);
    let made = post("https://site.example/".to_owned()).created().await;
    let path = path_of_hook(&made);
    app.key().patch(&path, json!({"url": "http://192.168.0.1/"})).faults().await;
    app.key().patch(&path, json!({"types": []})).faults().await;
    // One from before the setting was taken back: the address is looked at with each request.
    app.run_beside("update webhooks set url = 'http://127.0.0.1:1/'");
    let sent = app.key().post_empty(format!("{path}/test")).ok().await;
    assert_eq!((&sent["failure"], &sent["status"]), (&json!("address"), &Value::Null));
}

#[actix_web::test]
async fn a_receiver_that_is_not_there_fails() {
    let app = newsroom().await;
    // Nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let body = json!({"url": format!("http://127.0.0.1:{port}/")});
    let made = app.key().post("/v1/webhooks", body).created().await;
    let sent = app.key().post_empty(format!("{}/test", path_of_hook(&made))).ok().await;
    assert_eq!(sent["failure"], "connection");
}

#[actix_web::test]
async fn there_may_be_so_many_and_no_more() {
    let app = newsroom().await;
    let post = || app.key().post("/v1/webhooks", json!({"url": "https://site.example/"}));
    for _ in 0..WEBHOOKS_MAX {
        post().expect(201).await;
    }
    assert_eq!(post().refused("too_many_webhooks").await["limit"], WEBHOOKS_MAX);
    let page = app.key().get("/v1/webhooks?limit=30").ok().await;
    let rest = format!("/v1/webhooks?limit=30&cursor={}", text(&page["next"]));
    assert_eq!(app.key().get(rest).ok().await["items"].as_array().unwrap().len(), 20);
}

#[actix_web::test]
async fn the_last_hundred_deliveries_are_kept_for_thirty_days() {
    let app = newsroom().await;
    let hook = Hook::new();
    let webhook = hook_to(&app, &hook, &["article"]).await;
    app.article("A").await;
    let follower = follower(&app);
    hook.answers(&[500]);
    all(&follower).await;
    let first = text(&deliveries(&app, &webhook).await[0]["id"]).to_owned();
    hook.answers(&[500; 110]);
    for _ in 0..110 {
        app.key().post_empty(format!("{}/test", path_of_hook(&webhook))).ok().await;
    }
    let count = || app.count("select count(*) as n from webhook_deliveries");
    assert_eq!(count(), 101, "and the one that is sent again");
    let path = format!("{}/deliveries?state=waiting", path_of_hook(&webhook));
    let waiting = app.key().get(path).ok().await;
    assert_eq!(texts(&waiting["items"], "id"), [first]);
    let forget = async || {
        let unit = |conn: &mut Conn, now| webhooks::forget(conn, 1_000, now);
        app.db().write(unit).await.unwrap()
    };
    forget().await;
    assert_eq!(count(), 101);
    app.clock.advance(31 * DAY);
    forget().await;
    assert_eq!(count(), 1);
}

#[actix_web::test]
async fn a_webhook_that_is_changed_or_deleted_on_the_way_stays_so() {
    let app = newsroom().await;
    let (tell, told) = mpsc::channel();
    let hook = Hook::waiting_for(Some(told));
    let webhook = hook_to(&app, &hook, &["article"]).await;
    let article = app.article("A").await;
    let follower = follower(&app);
    hook.answers(&[500]);
    let meanwhile = async {
        app.key().patch(path_of_hook(&webhook), json!({"enabled": false})).ok().await;
        tell.send(()).unwrap();
    };
    let (sent, ()) = futures_util::future::join(follower.step(), meanwhile).await;
    assert_eq!(sent.unwrap(), 1);
    assert_eq!(deliveries(&app, &webhook).await[0]["state"], "given_up");
    app.key().patch(path_of_hook(&webhook), json!({"enabled": true})).ok().await;
    app.key().patch(path_of(&article), json!({"title": "B"})).ok().await;
    let meanwhile = async {
        app.key().delete(path_of_hook(&webhook)).done().await;
        tell.send(()).unwrap();
    };
    let (sent, ()) = futures_util::future::join(follower.step(), meanwhile).await;
    assert_eq!(sent.unwrap(), 0, "nobody is left to be told");
    assert_eq!(app.count("select count(*) as n from webhook_deliveries"), 0);
}
