//! [`Figure`]: a picture in the forms that a notebook, a file and a terminal can show.

use super::base64;
use super::svg::escape;
use crate::notebook;
use std::fmt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A picture together with a text that says what it shows.
///
/// A cell that ends in a figure shows it; [`display`](crate::notebook::display) shows one anywhere; printing one
/// gives its text, which is also what a screen reader reads. Taught in unit 01.
///
/// ```
/// use unet_lab::plot::Figure;
/// let dot = Figure::svg("<svg xmlns='http://www.w3.org/2000/svg'><circle r='4'/></svg>", "a black dot");
/// assert_eq!(dot.to_string(), "a black dot");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    form: Form,
    alt: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    Svg(String),
    Png(Vec<u8>),
    Html(String),
}

/// A figure could not be saved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The file name asks for a form that the figure does not have.
    #[error(
        "cannot save this figure as {path}: it is {form}. Choose a name ending in .{ending}, or .txt for its description"
    )]
    Form {
        /// The file asked for.
        path: PathBuf,
        /// What the figure is.
        form: &'static str,
        /// The ending of such files.
        ending: &'static str,
    },
    /// The system refused.
    #[error("cannot write {path}: {reason}. Check that the folder exists and may be written to")]
    File {
        /// The file asked for.
        path: PathBuf,
        /// The system's reason.
        reason: std::io::Error,
    },
}

impl Figure {
    /// A vector drawing (SVG) and the text that describes it.
    pub fn svg(svg: impl Into<String>, alt: impl Into<String>) -> Self {
        Self {
            form: Form::Svg(svg.into()),
            alt: alt.into(),
        }
    }

    /// The bytes of a PNG file and the text that describes it.
    pub fn png(bytes: Vec<u8>, alt: impl Into<String>) -> Self {
        Self {
            form: Form::Png(bytes),
            alt: alt.into(),
        }
    }

    /// A piece of HTML and the text that says the same.
    pub fn html(html: impl Into<String>, alt: impl Into<String>) -> Self {
        Self {
            form: Form::Html(html.into()),
            alt: alt.into(),
        }
    }

    /// The text that describes the figure (text/plain).
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// Every form by its MIME type, the richest first; a PNG as base64, as Jupyter wants it. A drawing travels inside an HTML
    /// image: Jupyter lays a bare one over the edge of a narrow column, and shows its description to nobody.
    pub fn bundle(&self) -> Vec<(&'static str, String)> {
        let (mime, content) = match &self.form {
            Form::Svg(text) => {
                let (alt, svg) = (escape(&self.alt), base64::encode(text.as_bytes()));
                let source = format!("data:image/svg+xml;base64,{svg}");
                let html = format!("<img alt=\"{alt}\" style=\"max-width:100%;height:auto\" src=\"{source}\">");
                ("text/html", html)
            }
            Form::Html(text) => ("text/html", text.clone()),
            Form::Png(bytes) => ("image/png", base64::encode(bytes)),
        };
        vec![(mime, content), ("text/plain", self.alt.clone())]
    }

    /// Writes the figure to a file whose name ends in its form (.svg, .png or .html), or its description to a .txt.
    ///
    /// # Errors
    /// [`FigureError`] when the ending is another one, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), FigureError> {
        let path = path.as_ref();
        let (form, ending, bytes) = self.kind();
        let asked = path
            .extension()
            .map(|e| e.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let bytes = match asked.as_str() {
            "txt" => self.alt.as_bytes(),
            e if e == ending => bytes,
            _ => {
                return Err(FigureError::Form {
                    path: path.into(),
                    form,
                    ending,
                });
            }
        };
        std::fs::write(path, bytes).map_err(|reason| FigureError::File {
            path: path.into(),
            reason,
        })
    }

    /// Called by evcxr on the value that a cell ends in.
    pub fn evcxr_display(&self) {
        notebook::display(self);
    }

    fn kind(&self) -> (&'static str, &'static str, &[u8]) {
        match &self.form {
            Form::Svg(text) => ("a vector drawing", "svg", text.as_bytes()),
            Form::Png(bytes) => ("a picture of pixels", "png", bytes),
            Form::Html(text) => ("a piece of HTML", "html", text.as_bytes()),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.alt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saves_its_own_form_and_its_text_and_refuses_others() {
        let folder = tempfile::tempdir().unwrap();
        let figure = Figure::png(vec![1, 2, 3], "three bytes");
        figure.save(folder.path().join("a.PNG")).unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.PNG")).unwrap(), [1, 2, 3]);
        figure.save(folder.path().join("a.txt")).unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.txt")).unwrap(), b"three bytes");
        assert_eq!(
            figure.save("a.svg").unwrap_err().to_string(),
            "cannot save this figure as a.svg: it is a picture of pixels. Choose a name ending in .png, or .txt for its description"
        );
        let error = figure
            .save(folder.path().join("missing/a.png"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("missing/a.png") && error.ends_with("Check that the folder exists and may be written to"),
            "{error}"
        );
    }

    #[test]
    fn a_drawing_fits_its_column_and_carries_its_description() {
        let [(mime, html), _] = &Figure::svg("<svg/>", "a \"<b>\"").bundle()[..] else {
            panic!("two forms")
        };
        assert_eq!(*mime, "text/html");
        assert!(
            html.contains("max-width:100%") && html.contains("base64,PHN2Zy8+"),
            "{html}"
        );
        assert!(html.contains("alt=\"a &quot;&lt;b&gt;&quot;\""), "{html}");
    }

    #[test]
    fn a_png_travels_as_base64() {
        assert_eq!(
            Figure::png(vec![102], "f").bundle(),
            [("image/png", "Zg==".to_string()), ("text/plain", "f".into())]
        );
    }
}
