//! A network's summary at the end of a cell.

use super::Figure;
use crate::nn::Summary;

impl Summary {
    /// The table as a figure, for a notebook.
    pub fn figure(&self) -> Figure {
        Figure::html(self.to_html(), self.to_string())
    }

    /// Called by evcxr on the value that a cell ends in.
    pub fn evcxr_display(&self) {
        self.figure().evcxr_display();
    }
}
