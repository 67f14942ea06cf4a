//! Texts with their rendered HTML, so that none is rendered twice or inside the writer.

use crate::articles::input::ArticleInput;
use crate::articles::model::{ArticleRow, BodyRow};
use crate::disclaimers::input::unrenderable;
use crate::disclaimers::words::BodyFormat;
use crate::domain::markup::{Rendered, Renderer, Unrenderable};
use crate::domain::text::normalize_newlines;
use crate::problem::Problem;

/// A text with its rendered HTML, or with the reason why it has none.
pub struct RenderedText {
    body: String,
    format: BodyFormat,
    rendered: Result<Rendered, Unrenderable>,
}

impl RenderedText {
    /// The text as it is stored.
    #[must_use]
    pub fn stored(row: &ArticleRow, body: &BodyRow) -> Self {
        let words = usize::try_from(row.word_count).unwrap_or_default();
        Self {
            body: body.body.clone(),
            format: row.body_format,
            rendered: Ok(Rendered::of_html(body.body_html.clone(), words)),
        }
    }

    /// The same, with its words for the search index: for a text that stays, before the writer is
    /// asked.
    #[must_use]
    pub fn stored_ahead(row: &ArticleRow, body: &BodyRow) -> Self {
        let stored = Self::stored(row, body);
        if let Ok(rendered) = &stored.rendered {
            rendered.indexed();
        }
        stored
    }

    /// A text that a client has sent, rendered before the writer is asked, so that no other write
    /// waits for it. A refusal is kept: it is reported later, after the look-up and the
    /// precondition.
    #[must_use]
    pub fn ahead(renderer: &Renderer, body: &str, format: BodyFormat) -> Self {
        let body = normalize_newlines(body.to_owned());
        let rendered = renderer.render(&body, format.into());
        // For the search index: long texts take longer than other writes should wait.
        if let Ok(rendered) = &rendered {
            rendered.indexed();
        }
        Self { body, format, rendered }
    }

    fn is_of(&self, input: &ArticleInput) -> bool {
        self.format == input.body_format && self.body == *input.body
    }
}

/// The rendered text of `input`: one of those at hand if it matches, otherwise rendered here.
///
/// # Errors
/// `validation_failed` for a text that cannot be rendered.
pub fn rendered_of<const N: usize>(
    renderer: &Renderer,
    input: &ArticleInput,
    at_hand: [Option<RenderedText>; N],
) -> Result<Rendered, Problem> {
    let fitting = at_hand.into_iter().flatten().find(|text| text.is_of(input));
    fitting.map_or_else(|| rendered(renderer, input), |text| text.rendered.map_err(unrenderable))
}

/// Renders an article's text.
///
/// # Errors
/// `validation_failed` for a text that cannot be rendered.
pub fn rendered(renderer: &Renderer, input: &ArticleInput) -> Result<Rendered, Problem> {
    let rendered = renderer.render(&input.body, input.body_format.into()).map_err(unrenderable)?;
    // Long texts take longer than other writes should wait.
    rendered.indexed();
    Ok(rendered)
}
