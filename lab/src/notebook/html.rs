//! An executed notebook as a web page, made by Jupyter's own nbconvert.

use std::path::Path;
use std::process::{Command, Stdio};

use super::NotebookFile;
use crate::error::SetupError;
use crate::files::write_atomically;
use crate::jupyter::python::Environment;

/// Writes `notebook` as one HTML file, figures included.
pub fn write_page(environment: &Environment, notebook: &NotebookFile, page: &Path) -> Result<(), SetupError> {
    let copy = std::env::temp_dir().join(format!("unet-lab-{}.ipynb", uuid::Uuid::new_v4().simple()));
    NotebookFile::write(&notebook.content, &copy)
        .map_err(|error| SetupError::Other(format!("Preparing the web page: {error}")))?;
    let output = Command::new(environment.python())
        .args(["-m", "nbconvert", "--to", "html", "--stdout", "--log-level", "ERROR"])
        .arg(&copy)
        .stdin(Stdio::null())
        .output();
    let _ = std::fs::remove_file(&copy);
    let output = output.map_err(SetupError::io("run nbconvert", environment.python()))?;
    if !output.status.success() {
        return Err(SetupError::ProgramFailed {
            what: "Making the web page (nbconvert)".into(),
            status: output.status.to_string(),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
            remedy: "`--out FILE.ipynb` writes the executed notebook itself, which JupyterLab can export.".into(),
        });
    }
    write_atomically(page, &output.stdout).map_err(SetupError::io("write the web page", page))
}
