//! Outlines in XML: Aperio ImageScope's, in which MoNuSeg is published, and ASAP's.

use std::collections::BTreeMap;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::combine::Numbering;
use super::{FillRule, Instances, MaskError, Polygon, bytes_of, in_file, listed};
use crate::formats::shown;
use crate::{DataError, LabelMap, Mask};

/// One outline.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// The name of its layer (ImageScope) or group (ASAP); empty where there is none.
    pub group: String,
    /// Its corners.
    pub polygon: Polygon,
    /// Whether it is cut out of what lies around it.
    pub is_hole: bool,
}

/// The outlines of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlines {
    /// In the file's order.
    pub outlines: Vec<Outline>,
    /// How many regions with fewer than three corners were left out.
    pub left_out: usize,
}

impl Outlines {
    /// From the file's bytes.
    ///
    /// # Errors
    /// [`MaskError::Damaged`] for what is no XML, or holds no `Annotation`.
    pub fn parse(bytes: &[u8]) -> Result<Self, MaskError> {
        let mut reader = Reader::from_reader(bytes);
        let mut parser = Parser::default();
        let mut buffer = Vec::new();
        loop {
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Start(element)) => parser.begin(&element)?,
                Ok(Event::Empty(element)) => {
                    parser.begin(&element)?;
                    parser.end(element.name().as_ref())?;
                }
                Ok(Event::End(element)) => parser.end(element.name().as_ref())?,
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(error) => {
                    return Err(MaskError::Damaged(format!(
                        "it is no XML: {}",
                        shown(&error.to_string())
                    )));
                }
            }
            buffer.clear();
        }
        match parser.has_annotation && parser.corners.is_none() {
            true => Ok(Self {
                outlines: parser.outlines,
                left_out: parser.left_out,
            }),
            false => Err(MaskError::Damaged(
                "it is cut off, or holds no Annotation of ImageScope or ASAP".to_owned(),
            )),
        }
    }

    /// From a file.
    ///
    /// # Errors
    /// [`DataError::File`] and [`DataError::Annotation`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DataError> {
        let path = path.as_ref();
        Self::parse(&bytes_of(path)?).map_err(|problem| in_file(path, problem))
    }

    /// All that lies inside an outline and not in a hole, by [`FillRule::Centres`].
    ///
    /// # Errors
    /// [`MaskError::Damaged`] never for outlines that were read.
    pub fn mask(&self, width: usize, height: usize) -> Result<Mask, MaskError> {
        // Bit 1: inside of an outline; bit 2: inside of a hole.
        let mut all = vec![0u8; width * height];
        for outline in &self.outlines {
            let bit = if outline.is_hole { 2 } else { 1 };
            let inside = outline.polygon.fill(width, height, FillRule::Centres);
            all.iter_mut()
                .zip(inside)
                .for_each(|(bits, inside)| *bits |= if inside { bit } else { 0 });
        }
        let solid = all.iter().map(|&bits| bits == 1).collect();
        Mask::new(width, height, solid).map_err(|error| MaskError::Damaged(error.to_string()))
    }

    /// The outlines, numbered; holes are left out of all.
    ///
    /// # Errors
    /// [`MaskError::Missing`] if there is no outline.
    pub fn instances(&self, width: usize, height: usize) -> Result<Instances, MaskError> {
        let mut numbering = Numbering::new([height, width]);
        for outline in self.outlines.iter().filter(|outline| !outline.is_hole) {
            numbering.begin();
            let inside = outline.polygon.fill(width, height, FillRule::Centres);
            let places = inside.iter().enumerate().filter(|(_, inside)| **inside);
            places.for_each(|(place, _)| numbering.mark(place));
        }
        numbering.finish()
    }

    /// By group: 1 for the first of `groups`, 2 for the second; where two overlap, the later outline's.
    ///
    /// # Errors
    /// [`MaskError::Missing`] with the groups that there are.
    pub fn labels(&self, width: usize, height: usize, groups: &[&str]) -> Result<LabelMap, MaskError> {
        let known: BTreeMap<&str, usize> = self
            .outlines
            .iter()
            .map(|outline| (outline.group.as_str(), 0))
            .collect();
        if let Some(missing) = groups.iter().find(|group| !known.contains_key(*group)) {
            return Err(MaskError::Missing(format!(
                "no outline is of the group {missing}; there are: {}",
                listed(known.into_keys())
            )));
        }
        let mut labels = vec![0; width * height];
        for outline in &self.outlines {
            let class = groups
                .iter()
                .position(|group| *group == outline.group)
                .map(|place| place as u32 + 1);
            let Some(class) = class else { continue };
            let inside = outline.polygon.fill(width, height, FillRule::Centres);
            let label = if outline.is_hole { 0 } else { class };
            labels
                .iter_mut()
                .zip(inside)
                .filter(|(_, inside)| *inside)
                .for_each(|(old, _)| *old = label);
        }
        LabelMap::new(labels, &[height, width]).map_err(|error| MaskError::Damaged(error.to_string()))
    }
}

/// The longest name of a layer or group.
const LONGEST_NAME: usize = 1000;

/// Elements have the same meaning at any depth: a region is `Region` with `Vertex` (ImageScope) or `Coordinates` with `Coordinate`
/// (ASAP).
#[derive(Default)]
struct Parser {
    has_annotation: bool,
    group: String,
    is_hole: bool,
    corners: Option<Vec<[f64; 2]>>,
    outlines: Vec<Outline>,
    left_out: usize,
}

impl Parser {
    fn begin(&mut self, element: &BytesStart) -> Result<(), MaskError> {
        match element.name().as_ref() {
            "Annotation" => {
                self.has_annotation = true;
                self.group = attribute(element, "PartOfGroup")
                    .or_else(|| attribute(element, "Name"))
                    .unwrap_or_default();
                // Every outline has a copy of it.
                if self.group.len() > LONGEST_NAME {
                    return Err(MaskError::Damaged(format!(
                        "the name of an Annotation has {} bytes, and {LONGEST_NAME} are plenty",
                        self.group.len()
                    )));
                }
                self.is_hole = false;
            }
            "Region" | "Coordinates" => {
                self.is_hole = attribute(element, "NegativeROA").is_some_and(|text| text == "1");
                self.corners = Some(Vec::new());
            }
            "Vertex" | "Coordinate" => {
                let part = |name: &str| {
                    let text = attribute(element, name).unwrap_or_default();
                    // Some locales write a comma.
                    text.trim().replace(',', ".").parse::<f64>().map_err(|_| {
                        MaskError::Damaged(format!("the {name} of a corner is \"{}\", no number", shown(&text)))
                    })
                };
                let corner = [part("X")?, part("Y")?];
                if let Some(corners) = &mut self.corners {
                    corners.push(corner);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), MaskError> {
        if matches!(name, "Region" | "Coordinates")
            && let Some(corners) = self.corners.take()
        {
            if corners.len() < 3 {
                self.left_out += 1;
                return Ok(());
            }
            self.outlines.push(Outline {
                group: self.group.clone(),
                polygon: Polygon::new(corners)?,
                is_hole: self.is_hole,
            });
        }
        Ok(())
    }
}

fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.as_ref() == name)?;
    Some(found.value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str = r#"<Annotations MicronsPerPixel="0.25"><Annotation Id="1" Name="nuclei"><Attributes/><Regions>
        <RegionAttributeHeaders><AttributeHeader Id="9" Name="Region"/></RegionAttributeHeaders>
        <Region Id="1" NegativeROA="0"><Vertices><Vertex X="0" Y="0" Z="0"/><Vertex X="4" Y="0"/><Vertex X="4" Y="4"/>
          <Vertex X="0" Y="4"/></Vertices></Region>
        <Region Id="2" NegativeROA="1"><Vertices><Vertex X="1" Y="1"/><Vertex X="2" Y="1"/><Vertex X="2" Y="2"/>
          <Vertex X="1" Y="2"/></Vertices></Region>
        <Region Id="3"><Vertices><Vertex X="1" Y="1"/></Vertices></Region></Regions></Annotation></Annotations>"#;

    #[test]
    fn regions_of_imagescope_with_a_hole() {
        let file = Outlines::parse(SCOPE.as_bytes()).unwrap();
        assert_eq!(
            (file.outlines.len(), file.left_out, file.outlines[0].group.as_str()),
            (2, 1, "nuclei")
        );
        assert_eq!(file.mask(6, 6).unwrap().count(), 25 - 4);
        assert_eq!(file.instances(6, 6).unwrap().labels.highest(), 1);
        assert_eq!(file.labels(6, 6, &["nuclei"]).unwrap().data().iter().sum::<u32>(), 21);
        assert!(file.labels(6, 6, &["x"]).unwrap_err().to_string().contains("nuclei"));
    }

    #[test]
    fn coordinates_of_asap() {
        let text = r#"<ASAP_Annotations><Annotations><Annotation Name="a 0" Type="Polygon" PartOfGroup="tumour"><Coordinates>
            <Coordinate Order="0" X="1,5" Y="0"/><Coordinate Order="1" X="4" Y="0"/><Coordinate Order="2" X="4" Y="3"/>
            </Coordinates></Annotation></Annotations></ASAP_Annotations>"#;
        let file = Outlines::parse(text.as_bytes()).unwrap();
        assert_eq!(file.outlines[0].group, "tumour");
        assert_eq!(file.outlines[0].polygon.points()[0], [1.5, 0.0]);
    }

    #[test]
    fn what_is_none_is_refused() {
        let cut = &SCOPE.as_bytes()[..SCOPE.len() / 2];
        for bytes in [&b"text"[..], b"", b"<a></b>", b"<Annotations/>", cut] {
            assert!(Outlines::parse(bytes).is_err(), "{}", bytes.escape_ascii());
        }
        let error = Outlines::parse(SCOPE.replace("X=\"4\"", "X=\"four\"").as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains("\"four\""), "{error}");
    }
}
