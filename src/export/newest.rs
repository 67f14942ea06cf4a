//! The instant of the last write that a line tells of. The database's clock has to be later than all of them.

use super::line::Line;
use crate::articles::store::exported::ExportedArticle;
use crate::comments::store::export::ExportedComment;
use crate::db::StoredAt;

/// The last of the instants at which something was written, in a line. Instants that may lie in the future, as that of a
/// schedule, are none. `None` where the line has no such instant.
pub(super) fn newest_of(line: &Line) -> Option<StoredAt> {
    match line {
        Line::Copydesk(_) | Line::Term(_) | Line::End(_) => None,
        Line::Languages(line) => line.languages.iter().map(|language| language.since).max(),
        Line::Disclaimer(disclaimer) => Some(disclaimer.created_at.max(disclaimer.updated_at)),
        Line::DisclaimerVersion(version) => Some(version.created_at),
        Line::Article(article) => of_article(article),
        Line::History(entry) => Some(entry.at),
        Line::Revision(revision) => revision.content.as_ref().map(|content| content.updated_at),
        Line::Comment(comment) => of_comment(comment),
        Line::Key(key) => {
            let others = [key.last_used_at, key.revoked_at].into_iter().flatten();
            others.chain([key.created_at]).max()
        }
    }
}

fn of_article(article: &ExportedArticle) -> Option<StoredAt> {
    let removal = article.removal.as_ref();
    let corrections = article.corrections.iter();
    let attachments = article.attachments.iter();
    let maybe = [
        article.content.trashed_at,
        removal.and_then(|removal| removal.withdrawn_at),
        removal.and_then(|removal| removal.blocked_at),
    ];
    let ends = corrections
        .clone()
        .map(|correction| correction.withdrawn_at)
        .chain(attachments.clone().map(|attachment| attachment.detached_at))
        .chain(article.publications.iter().map(|publication| publication.until));
    [article.created_at, article.content.updated_at]
        .into_iter()
        .chain(maybe.into_iter().flatten())
        .chain(ends.flatten())
        .chain(corrections.map(|correction| correction.corrected_at))
        .chain(attachments.map(|attachment| attachment.attached_at))
        .chain(article.former_slugs.iter().map(|slug| slug.left_at))
        .chain(article.imported_from.iter().map(|from| from.imported_at))
        .max()
}

fn of_comment(comment: &ExportedComment) -> Option<StoredAt> {
    [comment.created_at, comment.updated_at]
        .into_iter()
        .chain([comment.deleted_at, comment.erased_at].into_iter().flatten())
        .chain(comment.history.iter().map(|entry| entry.at))
        .chain(comment.reports.iter().map(|report| report.at))
        .chain(comment.imported_from.iter().map(|from| from.imported_at))
        .max()
}
