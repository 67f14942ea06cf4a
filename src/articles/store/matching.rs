//! A rule as a condition on articles, for lists of those that it may match. It must agree with
//! [`ReadyRule::matched`] on lists of conditions; a test compares the two.

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text};

use crate::db::dialect::Backend;
use crate::disclaimers::rules::{ReadyRule, Rule};

/// A condition: the rule's lists match an article as it is or, with `PAST`, as saved in a row of
/// `article_revisions`.
#[derive(Clone, Debug, QueryId)]
pub struct Matches<const PAST: bool> {
    /// The rule, as JSON.
    rule: String,
}

/// The condition that `rule` matches a row of `articles`.
pub fn matches_article(rule: &Rule) -> QueryResult<Matches<false>> {
    Ok(Matches { rule: json(rule)? })
}

/// The condition that `rule` matches the content saved in a row of `article_revisions`.
pub fn matches_revision(rule: &Rule) -> QueryResult<Matches<true>> {
    Ok(Matches { rule: json(rule)? })
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
    "(article_revisions.content ->> '$.source_name')",
    "(article_revisions.content ->> '$.section')",
    "(article_revisions.content ->> '$.tags')",
    "(article_revisions.content ->> '$.language')",
];

impl<const PAST: bool> QueryFragment<Backend> for Matches<PAST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let [source, section, tags, language] = if PAST { KEPT } else { PRESENT };
        // The rule is parsed once, and its lists are read from the result.
        out.push_sql("exists (select 1 from (select ");
        out.push_bind_param::<Text, _>(&self.rule)?;
        out.push_sql(" as it) as rule where ((rule.it ->> '$.all') or json_array_length(rule.it, '$.sources')
            + json_array_length(rule.it, '$.sections') + json_array_length(rule.it, '$.tags')
            + json_array_length(rule.it, '$.languages') > 0)");
        // Names and languages are compared by their keys: `spellings` has those of all articles.
        out.push_sql(&format!(
            " and (json_array_length(rule.it, '$.sources') = 0 or {source} in
                 (select known.text from json_each(rule.it, '$.source_keys') as wanted
                     join spellings as known on known.kind = 'source' and known.key = wanted.value))
             and (json_array_length(rule.it, '$.sections') = 0
                 or {section} in (select value from json_each(rule.it, '$.sections')))
             and (json_array_length(rule.it, '$.tags') = 0 or exists (select 1 from json_each({tags}) as tag
                 join json_each(rule.it, '$.tags') as wanted on wanted.value = tag.value))
             and (json_array_length(rule.it, '$.languages') = 0 or exists (select 1 from json_each(rule.it, '$.languages') as range
                 where lower({language}) = lower(range.value)
                     or lower(substr({language}, 1, length(range.value) + 1)) = lower(range.value) || '-')
                 or {language} in (select known.text from json_each(rule.it, '$.language_keys') as wanted
                     join spellings as known on known.kind = 'language' and (known.key = wanted.value
                         or substr(known.key, 1, length(wanted.value) + 1) = wanted.value || '-'))))"
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
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
        let mut conn = Conn::establish(":memory:").unwrap();
        conn.run_pending_migrations(MIGRATIONS).unwrap();
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
