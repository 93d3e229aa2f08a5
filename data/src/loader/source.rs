//! [`Source`]: where cases come from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::LoadError;
use crate::transform::{Item, Subject};
use crate::{DataError, Dataset};

/// Cases that are loaded by number. [`Dataset`] is one; [`FromFn`] makes one of a list and a function.
pub trait Source: Send + Sync {
    /// How many cases.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What messages call a case.
    fn name(&self, index: usize) -> String;

    /// The files a case is made of: a result kept on disk is used only as long as their sizes and times stay. None, as at first, for
    /// cases that do not come from files; they are not kept on disk.
    fn files(&self, _index: usize) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Loads a case below [`len`](Self::len).
    ///
    /// # Errors
    /// [`LoadError`] naming the case.
    fn load(&self, index: usize) -> Result<Arc<Subject>, LoadError>;
}

impl Source for Dataset {
    fn len(&self) -> usize {
        Dataset::len(self)
    }

    fn name(&self, index: usize) -> String {
        self.get(index).map_or(String::new(), |pair| pair.name.clone())
    }

    fn load(&self, index: usize) -> Result<Arc<Subject>, LoadError> {
        let name = Source::name(self, index);
        let pair = self.get(index).ok_or_else(|| {
            let problem = format!("case {index} of {}: count from 0", Dataset::len(self));
            LoadError::case(name.clone(), DataError::Argument(problem))
        })?;
        let subject = pair.clone().into_subject();
        subject.map(Arc::new).map_err(|problem| LoadError::case(name, problem))
    }
}

impl<S: Source + ?Sized> Source for Arc<S> {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn name(&self, index: usize) -> String {
        (**self).name(index)
    }

    fn files(&self, index: usize) -> Vec<PathBuf> {
        (**self).files(index)
    }

    fn load(&self, index: usize) -> Result<Arc<Subject>, LoadError> {
        (**self).load(index)
    }
}

/// Cases of any type and the function that loads one.
///
/// ```no_run
/// use unet_lab_data::loader::FromFn;
/// use unet_lab_data::{formats, transform::Subject};
/// let cases = vec![("liver_1.nii.gz", "label_1.nii.gz")];
/// let source = FromFn::new(cases, |(image, labels)| {
///     let (image, labels) = (formats::read(image)?.volume()?, formats::read(labels)?.labels()?);
///     Ok(Subject::new("liver 1", (image, labels))?)
/// })
/// .with_files(|(image, labels)| vec![image.into(), labels.into()])
/// .with_names(|(image, _)| (*image).to_owned());
/// # let _ = source;
/// ```
pub struct FromFn<T> {
    cases: Vec<T>,
    load: Box<Load<T>>,
    files: Option<Box<Files<T>>>,
    names: Option<Box<Names<T>>>,
}

type Load<T> = dyn Fn(&T) -> Result<Subject, DataError> + Send + Sync;
type Files<T> = dyn Fn(&T) -> Vec<PathBuf> + Send + Sync;
type Names<T> = dyn Fn(&T) -> String + Send + Sync;

impl<T: Send + Sync> FromFn<T> {
    /// From cases and what loads one.
    pub fn new(cases: Vec<T>, load: impl Fn(&T) -> Result<Subject, DataError> + Send + Sync + 'static) -> Self {
        Self {
            cases,
            load: Box::new(load),
            files: None,
            names: None,
        }
    }

    /// Says which files a case is made of; needed for a cache on disk.
    pub fn with_files(mut self, files: impl Fn(&T) -> Vec<PathBuf> + Send + Sync + 'static) -> Self {
        self.files = Some(Box::new(files));
        self
    }

    /// Says what messages call a case; without it the name of its first file, or its number.
    pub fn with_names(mut self, names: impl Fn(&T) -> String + Send + Sync + 'static) -> Self {
        self.names = Some(Box::new(names));
        self
    }
}

impl<T: Send + Sync> Source for FromFn<T> {
    fn len(&self) -> usize {
        self.cases.len()
    }

    fn name(&self, index: usize) -> String {
        if let (Some(names), Some(case)) = (&self.names, self.cases.get(index)) {
            return names(case);
        }
        let file = self.files(index).first().map(|file| file.display().to_string());
        file.unwrap_or_else(|| format!("case {index}"))
    }

    fn files(&self, index: usize) -> Vec<PathBuf> {
        match (&self.files, self.cases.get(index)) {
            (Some(files), Some(case)) => files(case),
            _ => Vec::new(),
        }
    }

    fn load(&self, index: usize) -> Result<Arc<Subject>, LoadError> {
        let problem = |problem| LoadError::case(self.name(index), problem);
        let Some(case) = self.cases.get(index) else {
            return Err(problem(DataError::Argument(format!(
                "case {index} of {}: count from 0",
                self.cases.len()
            ))));
        };
        (self.load)(case).map(Arc::new).map_err(problem)
    }
}

impl<T> fmt::Debug for FromFn<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FromFn({} cases)", self.cases.len())
    }
}
