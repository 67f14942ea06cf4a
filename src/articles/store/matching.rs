//! A rule as a condition on articles, for lists of those that it may match. It must agree with
//! [`ReadyRule::matched`] on lists of conditions; a test compares the two.

use std::sync::OnceLock;

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Bool, Text};

use crate::db::dialect::{Engine, Fixed};
use crate::db::prelude::*;
use crate::disclaimers::rules::{ReadyRule, Rule};

/// A condition: the rule's lists match an article as it is or, with `PAST`, as saved in a row of
/// `article_revisions`.
#[derive(Clone, Debug, QueryId)]
pub struct Matches<const PAST: bool> {
    /// The rule, as JSON.
    rule: String,
    /// True if it matches all articles that its lists leave.
    all: bool,
}

/// The condition that `rule` matches a row of `articles`.
pub fn matches_article(rule: &Rule) -> QueryResult<Matches<false>> {
    Ok(Matches { rule: json(rule)?, all: rule.all })
}

/// The condition that `rule` matches the content saved in a row of `article_revisions`.
pub fn matches_revision(rule: &Rule) -> QueryResult<Matches<true>> {
    Ok(Matches { rule: json(rule)?, all: rule.all })
}

fn json(rule: &Rule) -> QueryResult<String> {
    serde_json::to_string(&ReadyRule::from(rule.clone()))
        .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
}

impl<const PAST: bool> Expression for Matches<PAST> {
    type SqlType = Bool;
}

impl<const PAST: bool> ValidGrouping<()> for Matches<PAST> {
    type IsAggregate = is_aggregate::No;
}

impl<T, const PAST: bool> AppearsOnTable<T> for Matches<PAST> {}

/// The columns that rules look at: provider, section, tags (a JSON list), language.
const PRESENT: [&str; 4] =
    ["articles.source_name", "articles.section", "articles.tags", "articles.language"];
const KEPT: [&str; 4] = [
    "json_extract(article_revisions.content, '$.source_name')",
    "json_extract(article_revisions.content, '$.section')",
    "json_extract(article_revisions.content, '$.tags')",
    "json_extract(article_revisions.content, '$.language')",
];

/// The condition: `?rule` is parsed once, and its lists are read from the result.
fn sql(past: bool) -> String {
    let [source, section, tags, language] = if past { KEPT } else { PRESENT };
    let length = |list: &str| format!("json_array_length(rule.it, '$.{list}')");
    let [sources, sections, wanted, languages] =
        ["sources", "sections", "tags", "languages"].map(length);
    // Names and languages are compared by their keys: `spellings` has those of all articles.
    format!(
        "exists (select 1 from (select ?rule as it) as rule
             where (?all or {sources} + {sections} + {wanted} + {languages} > 0)
             and ({sources} = 0 or {source} in
                 (select known.text from json_texts(json_extract(rule.it, '$.source_keys')) as wanted
                     join spellings as known on known.kind = 'source' and known.key = wanted.value))
             and ({sections} = 0
                 or {section} in (select value from json_texts(json_extract(rule.it, '$.sections'))))
             and ({wanted} = 0 or exists (select 1 from json_texts({tags}) as tag
                 join json_texts(json_extract(rule.it, '$.tags')) as wanted on wanted.value = tag.value))
             and ({languages} = 0 or exists (select 1 from json_texts(json_extract(rule.it, '$.languages')) as range
                 where lower({language}) = lower(range.value)
                     or lower(substr({language}, 1, length(range.value) + 1)) = lower(range.value) || '-')
                 or {language} in (select known.text from json_texts(json_extract(rule.it, '$.language_keys')) as wanted
                     join spellings as known on known.kind = 'language' and (known.key = wanted.value
                         or substr(known.key, 1, length(wanted.value) + 1) = wanted.value || '-'))))"
    )
}

impl<E: Engine, const PAST: bool> QueryFragment<E> for Matches<PAST>
where
    String: ToSql<Text, E>,
    bool: ToSql<Bool, E>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, E>) -> QueryResult<()> {
        static SQL: [OnceLock<Fixed>; 2] = [const { OnceLock::new() }; 2];
        let fixed = SQL[usize::from(PAST)].get_or_init(|| Fixed::of(sql(PAST)));
        for (name, sql) in fixed.pieces::<E>() {
            match &**name {
                "rule" => out.push_bind_param::<Text, _>(&self.rule)?,
                "all" => out.push_bind_param::<Bool, _>(&self.all)?,
                _ => {}
            }
            out.push_sql(sql);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use diesel::{Connection as _, SqliteConnection};
    use diesel_migrations::MigrationHarness as _;
    use serde_json::json;

    use super::*;
    use crate::db::schema::{article_revisions, articles};
    use crate::db::spelling::{self, Kind};
    use crate::db::{Conn, MIGRATIONS};
    use crate::disclaimers::rules::Facts;

    /// All rules with up to one entry in each list, and two where that makes a difference.
    fn rules() -> Vec<Rule> {
        let lists = |words: &[&[&str]]| -> Vec<Vec<String>> {
            words.iter().map(|list| list.iter().map(|word| (*word).to_owned()).collect()).collect()
        };
        let mut all = Vec::new();
        for every in [false, true] {
            for sources in lists(&[&[], &["X"], &["x", "Y"], &["\u{425}"]]) {
                for sections in lists(&[&[], &["s"]]) {
                    for tags in lists(&[&[], &["a"], &["b", "c"]]) {
                        for languages in lists(&[&[], &["pt"], &["PT-br"], &["de", "p"], &["iw"]]) {
                            all.push(Rule {
                                all: every,
                                sources: sources.clone(),
                                sections: sections.clone(),
                                tags: tags.clone(),
                                languages,
                            });
                        }
                    }
                }
            }
        }
        all
    }

    #[test]
    fn the_condition_holds_where_the_rule_does() {
        let mut file = SqliteConnection::establish(":memory:").unwrap();
        file.run_pending_migrations(MIGRATIONS).unwrap();
        let mut conn = Conn::from(file);
        conn.batch_execute("pragma foreign_keys = off").unwrap();
        let mut facts = Vec::new();
        for source in [None, Some("X"), Some("Y"), Some("y ")] {
            for section in [None, Some("s"), Some("t")] {
                for tags in [vec![], vec!["a"], vec!["a", "c"]] {
                    for language in ["pt", "pt-BR", "ptx", "de-AT", "he-IL"] {
                        let id = facts.len() as i64 + 1;
                        let tags_json = json!(tags).to_string();
                        let quoted = |text: Option<&str>| {
                            text.map_or("null".to_owned(), |text| format!("'{text}'"))
                        };
                        let (of, at) = (quoted(source), quoted(section));
                        let kept = json!({"source_name": source, "section": section, "tags": tags_json, "language": language});
                        conn.batch_execute(&format!(
                            "insert into articles (id, public_id, slug, state, title, body_format, language, comments_policy, created_at, updated_at,
                                 source_name, section, tags)
                             values ({id}, '{id}', '{id}', 'draft', 'T', 'text', '{language}', 'open', 1, 1, {of}, {at}, '{tags_json}');
                             insert into article_revisions (article_id, last_version, content) values ({id}, 1, '{kept}')"
                        ))
                        .unwrap();
                        if let Some(source) = source {
                            spelling::note(&mut conn, Kind::Source, source).unwrap();
                        }
                        spelling::note(&mut conn, Kind::Language, language).unwrap();
                        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
                        facts.push(Facts::new(source, section, tags, language, None));
                    }
                }
            }
        }
        for rule in rules() {
            let ready = ReadyRule::from(rule.clone());
            let met = facts.iter().zip(1_i64..).filter(|(facts, _)| ready.matched(facts).is_some());
            let want: Vec<i64> = met.map(|(_, id)| id).collect();
            let present: Vec<i64> = articles::table
                .filter(matches_article(&rule).unwrap())
                .order(articles::id)
                .select(articles::id)
                .load(&mut conn)
                .unwrap();
            assert_eq!(present, want, "{rule:?}");
            let past: Vec<i64> = article_revisions::table
                .filter(matches_revision(&rule).unwrap())
                .order(article_revisions::article_id)
                .select(article_revisions::article_id)
                .load(&mut conn)
                .unwrap();
            assert_eq!(past, want, "{rule:?}");
        }
    }
}
