//! [`Item`]: everything that can be transformed, in its own type.

use super::{Subject, TransformError};
use crate::{DataError, Geometry, Image, ImagePair, LabelMap, Mask, Volume};

/// A type that becomes a [`Subject`] and comes back: [`Image`], [`Mask`], [`ImagePair`], [`Volume`], [`LabelMap`], `(Image, LabelMap)`,
/// `(Volume, LabelMap)` and [`Subject`] itself.
pub trait Item: Sized {
    /// As a subject; no voxel is copied where that can be avoided.
    ///
    /// # Errors
    /// [`TransformError::SizesDiffer`] if image and labels are not of one size.
    fn into_subject(self) -> Result<Subject, TransformError>;

    /// Back from a subject.
    ///
    /// # Errors
    /// [`TransformError::Kind`] for a volume where a 2-D image is wanted or the reverse, [`TransformError::Missing`] if there is no image
    /// or there are no labels.
    fn from_subject(subject: Subject) -> Result<Self, TransformError>;
}

impl Item for Subject {
    fn into_subject(self) -> Result<Subject, TransformError> {
        Ok(self)
    }

    fn from_subject(subject: Subject) -> Result<Self, TransformError> {
        Ok(subject)
    }
}

impl Item for Image {
    fn into_subject(self) -> Result<Subject, TransformError> {
        let (size, channels) = ([1, self.height(), self.width()], self.channels());
        Ok(Subject::assembled(
            self.into_data(),
            channels,
            None,
            size,
            true,
            Geometry::default(),
        ))
    }

    fn from_subject(subject: Subject) -> Result<Self, TransformError> {
        Ok(image_and_labels(subject, "image")?.0)
    }
}

impl Item for Mask {
    fn into_subject(self) -> Result<Subject, TransformError> {
        LabelMap::from(&self).into_subject()
    }

    fn from_subject(subject: Subject) -> Result<Self, TransformError> {
        planar(&subject, "mask")?;
        let labels = subject.need_labels("a mask")?;
        let inside = labels.iter().map(|&label| label > 0).collect();
        let [_, height, width] = subject.size();
        Self::new(width, height, inside).map_err(internal)
    }
}

impl Item for ImagePair {
    fn into_subject(self) -> Result<Subject, TransformError> {
        let labels = self.mask().data().iter().map(|&inside| u32::from(inside)).collect();
        let size = [1, self.image().height(), self.image().width()];
        let (image, channels) = (self.image().data().to_vec(), self.image().channels());
        let mut subject = Subject::assembled(image, channels, Some(labels), size, true, Geometry::default());
        (subject.name, subject.group) = (self.name, self.group);
        Ok(subject)
    }

    fn from_subject(subject: Subject) -> Result<Self, TransformError> {
        let (name, group) = (subject.name.clone(), subject.group.clone());
        let (image, labels) = image_and_labels(subject, "image pair")?;
        let labels = labels.ok_or_else(|| TransformError::Missing {
            transform: "an image pair",
            what: "labels",
            name: name.clone(),
        })?;
        let inside = labels.iter().map(|&label| label > 0).collect();
        let mask = Mask::new(image.width(), image.height(), inside).map_err(internal)?;
        let mut pair = Self::new(name, image, mask).map_err(internal)?;
        pair.group = group;
        Ok(pair)
    }
}

impl Item for Volume {
    fn into_subject(self) -> Result<Subject, TransformError> {
        let (channels, size, geometry) = (self.channels(), self.size(), *self.geometry());
        Ok(Subject::assembled(
            self.into_data(),
            channels,
            None,
            size,
            false,
            geometry,
        ))
    }

    fn from_subject(subject: Subject) -> Result<Self, TransformError> {
        subject.check_image("a volume")?;
        let (channels, size, geometry) = (subject.channels(), subject.size(), *subject.geometry());
        let (image, _) = subject.into_parts();
        let volume = Self::new(image, channels, size, geometry.spacing()).map_err(internal)?;
        Ok(volume.with_geometry(geometry))
    }
}

impl Item for LabelMap {
    fn into_subject(self) -> Result<Subject, TransformError> {
        let is_planar = self.size().len() == 2;
        let size = padded(self.size(), 1);
        let geometry = Geometry::of_spacing(padded(self.spacing(), 1.0)).map_err(internal)?;
        Ok(Subject::assembled(
            Vec::new(),
            0,
            Some(self.into_data()),
            size,
            is_planar,
            geometry,
        ))
    }

    fn from_subject(subject: Subject) -> Result<Self, TransformError> {
        subject.need_labels("a label map")?;
        let (size, spacing, from) = (subject.size(), subject.spacing(), usize::from(subject.is_planar()));
        let labels = subject.into_parts().1.unwrap_or_default();
        Self::new(labels, size.get(from..).unwrap_or(&size))
            .and_then(|map| map.with_spacing(spacing.get(from..).unwrap_or(&spacing)))
            .map_err(internal)
    }
}

impl Item for (Image, LabelMap) {
    fn into_subject(self) -> Result<Subject, TransformError> {
        joined(self.0.into_subject()?, self.1)
    }

    fn from_subject(subject: Subject) -> Result<Self, TransformError> {
        let labels = LabelMap::from_subject(labels_of(&subject)?)?;
        Ok((Image::from_subject(subject)?, labels))
    }
}

impl Item for (Volume, LabelMap) {
    fn into_subject(self) -> Result<Subject, TransformError> {
        joined(self.0.into_subject()?, self.1)
    }

    fn from_subject(subject: Subject) -> Result<Self, TransformError> {
        let labels = LabelMap::from_subject(labels_of(&subject)?)?;
        Ok((Volume::from_subject(subject)?, labels))
    }
}

fn joined(image: Subject, labels: LabelMap) -> Result<Subject, TransformError> {
    let found = padded(labels.size(), 1);
    if found != image.size() {
        return Err(TransformError::SizesDiffer {
            image: image.size(),
            name: image.name,
            labels: found,
        });
    }
    let (channels, size, is_planar, geometry) = (image.channels(), image.size(), image.is_planar(), *image.geometry());
    let values = image.into_parts().0;
    Ok(Subject::assembled(
        values,
        channels,
        Some(labels.into_data()),
        size,
        is_planar,
        geometry,
    ))
}

fn labels_of(subject: &Subject) -> Result<Subject, TransformError> {
    Ok(subject.derived_labels(subject.need_labels("a label map")?.to_vec()))
}

fn image_and_labels(subject: Subject, wanted: &'static str) -> Result<(Image, Option<Vec<u32>>), TransformError> {
    planar(&subject, wanted)?;
    subject.check_image("an image")?;
    let ([_, height, width], channels) = (subject.size(), subject.channels());
    let (values, labels) = subject.into_parts();
    Ok((Image::new(width, height, channels, values).map_err(internal)?, labels))
}

fn planar(subject: &Subject, wanted: &'static str) -> Result<(), TransformError> {
    match subject.is_planar() || subject.size()[0] == 1 {
        true => Ok(()),
        false => Err(TransformError::Kind {
            name: subject.name.clone(),
            found: "a volume",
            wanted,
        }),
    }
}

/// Two numbers become three, the first of which is `first`.
fn padded<T: Copy>(numbers: &[T], first: T) -> [T; 3] {
    match numbers {
        [height, width] => [first, *height, *width],
        [depth, height, width] => [*depth, *height, *width],
        _ => [first; 3],
    }
}

fn internal(error: DataError) -> TransformError {
    TransformError::Grid {
        transform: "the result",
        problem: error.to_string(),
    }
}
