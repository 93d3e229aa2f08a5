//! The value that a cell ends in.

use std::fmt::{Debug, Write as _};
use std::io::{self, Write};

use super::host::{Host, host};

/// Shows any value at the end of a cell as its debugging text.
///
/// evcxr calls `evcxr_display` on a cell's last expression. Of a type without it, it learns that by compiling the cell,
/// failing, and compiling another one: half a second each time. With the prelude in scope every value that can be
/// printed has the method. Figures and summaries have one of their own, which goes before this one.
pub trait ShowValue {
    /// Shows the value; called by evcxr.
    fn evcxr_display(&self);
}

impl<T: Debug + ?Sized> ShowValue for T {
    fn evcxr_display(&self) {
        let mut out = io::stdout().lock();
        // A reader that has gone away is no reason to fail a cell.
        drop(out.write_all(shown(self, host()).as_bytes()).and_then(|()| out.flush()));
    }
}

fn shown(value: &(impl Debug + ?Sized), host: Host) -> String {
    let mut text = String::new();
    // A value may refuse to be printed; what it printed until then is shown.
    let _ = write!(text, "{value:?}");
    match host {
        Host::Lab | Host::Evcxr => format!("EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT\n"),
        Host::Plain => format!("{text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Figure;

    #[test]
    fn values_are_content_in_a_notebook_and_text_elsewhere() {
        assert_eq!(
            shown(&[1, 2], Host::Lab),
            "EVCXR_BEGIN_CONTENT text/plain\n[1, 2]\nEVCXR_END_CONTENT\n"
        );
        assert_eq!(shown("a", Host::Plain), "\"a\"\n");
    }

    /// Were the trait's method taken for figures, their debugging text would be shown.
    #[test]
    fn a_figure_keeps_its_own_method() {
        #[derive(Debug)]
        struct Own(std::cell::Cell<bool>);
        impl Own {
            fn evcxr_display(&self) {
                self.0.set(true);
            }
        }
        let own = Own(std::cell::Cell::new(false));
        own.evcxr_display();
        assert!(own.0.take());
        let reference = &own;
        reference.evcxr_display();
        assert!(own.0.take());
        let _: fn(&Figure) = Figure::evcxr_display;
    }
}
