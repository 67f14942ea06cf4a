//! Texts with their rendered HTML, so that none is rendered twice or inside the writer.

use crate::articles::input::ArticleInput;
use crate::articles::model::{ArticleRow, BodyRow};
use crate::disclaimers::input::unrenderable;
use crate::disclaimers::words::BodyFormat;
use crate::domain::markup::{Rendered, Renderer};
use crate::domain::text::normalize_newlines;
use crate::problem::Problem;

/// A text with its rendered HTML.
pub struct RenderedText {
    body: String,
    format: BodyFormat,
    rendered: Rendered,
}

impl RenderedText {
    /// The text as it is stored.
    #[must_use]
    pub fn stored(row: &ArticleRow, body: &BodyRow) -> Self {
        let words = usize::try_from(row.word_count).unwrap_or_default();
        Self {
            body: body.body.clone(),
            format: row.body_format,
            rendered: Rendered::before(body.body_html.clone(), words),
        }
    }

    /// A text that a client has sent, rendered before the writer is asked, so that no other write
    /// waits for it. `None` if it nests too deep: that is reported later, after the look-up and
    /// the precondition.
    #[must_use]
    pub fn ahead(renderer: &Renderer, body: &str, format: BodyFormat) -> Option<Self> {
        let body = normalize_newlines(body.to_owned());
        let rendered = renderer.render(&body, format.into()).ok()?;
        Some(Self { body, format, rendered })
    }

    fn is_of(&self, input: &ArticleInput) -> bool {
        self.format == input.body_format && self.body == *input.body
    }
}

/// The rendered text of `input`: one of those at hand if it matches, otherwise rendered here.
///
/// # Errors
/// `validation_failed` where it nests too deep.
pub fn rendered_of<const N: usize>(
    renderer: &Renderer,
    input: &ArticleInput,
    at_hand: [Option<RenderedText>; N],
) -> Result<Rendered, Problem> {
    let fitting = at_hand.into_iter().flatten().find(|text| text.is_of(input));
    fitting.map_or_else(|| rendered(renderer, input), |text| Ok(text.rendered))
}

/// Renders an article's text.
///
/// # Errors
/// `validation_failed` where it nests too deep.
pub fn rendered(renderer: &Renderer, input: &ArticleInput) -> Result<Rendered, Problem> {
    renderer.render(&input.body, input.body_format.into()).map_err(unrenderable)
}
