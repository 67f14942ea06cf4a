//! `copydesk restore`: what is put in the place of a database, and what is not.

use std::fs::{self, File};

use copydesk::db::Reason;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::{
    DATABASE, batch, done, has, is_sound, killed_after_a_backup, mode_of, names, newsroom,
    put_aside, refused, run, run_on, serve, stop, write,
};
use crate::support::process::command;

#[test]
fn what_is_no_whole_backup_is_not_restored() {
    let dir = newsroom();
    let file = |name: &str| dir.path().join(name);
    done(&run(dir.path(), &["backup", "whole.db"]));
    let whole = fs::read(file("whole.db")).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(file("changed.db"), &changed).unwrap();
    fs::copy(file("whole.db.sha256"), file("changed.db.sha256")).unwrap();
    fs::write(file("half.db"), &whole[..whole.len() / 2]).unwrap();
    fs::write(file("almost.db"), &whole[..whole.len() - 1]).unwrap();
    let mut damaged = whole.clone();
    damaged[2 * 4_096..20 * 4_096].fill(0xff);
    fs::write(file("damaged.db"), &damaged).unwrap();
    for (name, sql) in [
        ("lacking.db", "drop index articles_slug"),
        ("newer.db", "insert into __diesel_schema_migrations (version) values ('29990101000001')"),
    ] {
        fs::write(file(name), &whole).unwrap();
        batch(&file(name), sql);
    }
    batch(&file("other.db"), "create table customers (id integer)");
    fs::write(file("text.db"), "A text.").unwrap();
    fs::write(file("empty.db"), "").unwrap();
    let (before, served) = (names(dir.path()), fs::read(file(DATABASE)).unwrap());
    let unchanged = |name: &str| {
        assert_eq!(names(dir.path()), before, "{name}");
        assert_eq!(fs::read(file(DATABASE)).unwrap(), served, "{name}");
    };
    for (name, reason) in [
        ("changed.db", Reason::Damaged),
        ("half.db", Reason::Truncated),
        ("almost.db", Reason::Truncated),
        ("damaged.db", Reason::Damaged),
        ("lacking.db", Reason::Damaged),
        ("newer.db", Reason::Newer),
        ("other.db", Reason::Foreign),
        ("text.db", Reason::NotADatabase),
        ("empty.db", Reason::Empty),
        ("none.db", Reason::Other),
    ] {
        refused(&run(dir.path(), &["restore", name, "--force"]), reason);
        unchanged(name);
    }
    for (name, reason) in [
        ("half.db", Reason::Truncated),
        ("other.db", Reason::Foreign),
        ("newer.db", Reason::Newer),
        ("text.db", Reason::NotADatabase),
        ("empty.db", Reason::Empty),
    ] {
        let mut restore = command(dir.path());
        restore.args(["restore", "-", "--force"]).stdin(File::open(file(name)).unwrap());
        let told = refused(&restore.output().unwrap(), reason);
        assert!(told.contains("standard input is no backup"), "{told}");
        unchanged(name);
    }
}

#[test]
fn a_database_that_is_there_or_served_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), DATABASE);
    write(&server, "first");
    done(&run(dir.path(), &["backup", "copy.db"]));
    write(&server, "second");
    let told = refused(&run(dir.path(), &["restore", "copy.db"]), Reason::Exists);
    assert!(told.contains("--force"), "{told}");
    refused(&run(dir.path(), &["restore", "copy.db", "--force"]), Reason::InUse);
    assert_eq!(put_aside(dir.path()), [""; 0]);
    write(&server, "third");
    assert!(has(&server, "first") && has(&server, "second"));
}

#[test]
fn a_database_that_another_program_has_open_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    killed_after_a_backup(dir.path());
    let path = dir.path().join(DATABASE);
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other.batch_execute("select count(*) from articles;").unwrap();
    let before = names(dir.path());
    let told = refused(&run(dir.path(), &["restore", "copy.db", "--force"]), Reason::InUse);
    assert!(told.contains("open in another program"), "{told}");
    assert_eq!(names(dir.path()), before);
    drop(other);
    done(&run(dir.path(), &["restore", "copy.db", "--force"]));
    // Also one that is about to write, whatever its log is.
    for mode in ["wal", "delete"] {
        let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        other.batch_execute(&format!("pragma journal_mode = {mode}; begin immediate;")).unwrap();
        refused(&run(dir.path(), &["restore", "copy.db", "--force"]), Reason::InUse);
        other.batch_execute("rollback;").unwrap();
    }
}

#[test]
fn a_rollback_journal_is_not_read_into_another_database() {
    let dir = newsroom();
    let (path, journal) = (dir.path().join(DATABASE), dir.path().join("copydesk.db-journal"));
    done(&run(dir.path(), &["backup", "copy.db"]));
    // Another program is killed in the middle of a large write.
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other
        .batch_execute(
            "pragma journal_mode = delete; pragma cache_size = 2; begin immediate;
             create table t as with recursive n(i) as (select 1 union all select i + 1 from n limit 3000)
                 select i, randomblob(500) as x from n;
             update articles set title = 'x'; pragma cache_spill = on;",
        )
        .unwrap();
    let [left, its] = ["left.db", "left.db-journal"].map(|name| dir.path().join(name));
    fs::copy(&path, &left).unwrap();
    fs::copy(&journal, &its).unwrap();
    other.batch_execute("rollback;").unwrap();
    drop(other);
    // It is played back where it belongs.
    assert!(fs::metadata(&its).unwrap().len() > 4_096);
    is_sound(dir.path(), "left.db");
    fs::write(dir.path().join("gone.db-journal"), [1; 8_192]).unwrap();
    refused(&run_on(dir.path(), "gone.db", &["migrate"]), Reason::OrphanedLog);
    refused(&run_on(dir.path(), "gone.db", &["restore", "copy.db"]), Reason::Exists);
    let told = done(&run_on(dir.path(), "gone.db", &["restore", "copy.db", "--force"]));
    assert!(told.contains("-journal now"), "{told}");
    is_sound(dir.path(), "gone.db");
    stop(serve(dir.path(), "gone.db"));
}

#[test]
fn a_copy_without_its_log_is_told_of_when_it_is_restored() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path(), DATABASE);
    fs::copy(dir.path().join(DATABASE), dir.path().join("copy.db")).unwrap();
    stop(server);
    let restored = run(dir.path(), &["restore", "copy.db", "--force"]);
    done(&restored);
    let told = String::from_utf8_lossy(&restored.stderr).into_owned();
    assert!(told.contains("without its log"), "{told}");
}

#[test]
fn a_restored_backup_is_served_and_what_was_there_is_kept_whole() {
    let dir = tempfile::tempdir().unwrap();
    killed_after_a_backup(dir.path());
    assert!(dir.path().join("copydesk.db-wal").exists());
    let told = done(&run(dir.path(), &["restore", "copy.db", "--force"]));
    let aside = put_aside(dir.path());
    let [old] = aside.as_slice() else { panic!("{aside:?}") };
    assert!(told.contains(old), "{told}");
    let found = names(dir.path());
    assert_eq!(
        found,
        ["copy.db", "copy.db.sha256", DATABASE, old.as_str()],
        "no log, nothing unfinished"
    );
    is_sound(dir.path(), DATABASE);
    assert_eq!(mode_of(&dir.path().join(DATABASE)), 0o600);
    assert!(done(&run_on(dir.path(), old, &["check"])).ends_with(" is sound.\n"));
    let restored = serve(dir.path(), DATABASE);
    assert!(has(&restored, "first") && !has(&restored, "second"));
    write(&restored, "third");
    let kept = serve(dir.path(), old);
    assert!(has(&kept, "first") && has(&kept, "second"));
    stop(kept);
    stop(restored);
    // Each old one has a name of its own.
    done(&run(dir.path(), &["restore", "copy.db", "--force"]));
    let aside = put_aside(dir.path());
    assert_eq!((aside.len(), &aside[0]), (2, old));
    assert!(has(&serve(dir.path(), &aside[1]), "third"));
}

#[test]
fn a_backup_is_restored_where_nothing_is() {
    let dir = newsroom();
    done(&run(dir.path(), &["backup", "copy.db"]));
    let backup = dir.path().join("copy.db");
    let fresh = tempfile::tempdir().unwrap();
    let told = done(&run(fresh.path(), &["restore", backup.to_str().unwrap()]));
    assert_eq!(told.lines().count(), 1, "nothing was put aside: {told}");
    let mut streamed = command(fresh.path());
    streamed.env("DATABASE_URL", "streamed.db").args(["restore", "-"]);
    done(&streamed.stdin(File::open(&backup).unwrap()).output().unwrap());
    assert_eq!(names(fresh.path()), [DATABASE, "streamed.db"]);
    for file in [DATABASE, "streamed.db"] {
        is_sound(fresh.path(), file);
        assert_eq!(mode_of(&fresh.path().join(file)), 0o600);
    }
    let nowhere = run_on(fresh.path(), "nowhere/x.db", &["restore", backup.to_str().unwrap()]);
    refused(&nowhere, Reason::NoFolder);
}

#[test]
fn a_log_whose_database_is_gone_is_not_read_into_a_backup() {
    let dir = tempfile::tempdir().unwrap();
    killed_after_a_backup(dir.path());
    fs::remove_file(dir.path().join(DATABASE)).unwrap();
    let log = fs::read(dir.path().join("copydesk.db-wal")).unwrap();
    refused(&run(dir.path(), &["restore", "copy.db"]), Reason::Exists);
    done(&run(dir.path(), &["restore", "copy.db", "--force"]));
    let aside = put_aside(dir.path());
    let [kept] = aside.as_slice() else { panic!("{aside:?}") };
    assert!(kept.ends_with("-wal") && fs::read(dir.path().join(kept)).unwrap() == log, "{kept}");
    let restored = serve(dir.path(), DATABASE);
    assert!(has(&restored, "first") && !has(&restored, "second"));
}
