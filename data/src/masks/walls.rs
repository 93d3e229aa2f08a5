//! Two walls given as lists of points, as in CUBS: the lumen-intima (LI) and the media-adventitia (MA) boundary of the carotid artery.

use std::path::Path;

use super::{FillRule, MaskError, Polygon, bytes_of, in_file};
use crate::{DataError, Mask};

/// Reads points, one a line: x and y in pixels, with blanks, a comma or a semicolon between.
///
/// # Errors
/// [`DataError::File`] and [`DataError::Annotation`].
pub fn read(path: impl AsRef<Path>) -> Result<Vec<[f64; 2]>, DataError> {
    let path = path.as_ref();
    parse(&String::from_utf8_lossy(&bytes_of(path)?)).map_err(|problem| in_file(path, problem))
}

/// As [`read`], from the file's text.
///
/// # Errors
/// [`MaskError::Damaged`] with the line that is no point.
pub fn parse(text: &str) -> Result<Vec<[f64; 2]>, MaskError> {
    let mut points = Vec::new();
    for (line, text) in text.lines().enumerate() {
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
            .filter(|word| !word.is_empty())
            .collect();
        let number = |word: &str| word.parse::<f64>().ok().filter(|number| number.is_finite());
        match words[..] {
            [] => {}
            [x, y] if number(x).is_some() && number(y).is_some() => {
                points.extend(number(x).zip(number(y)).map(<[f64; 2]>::from))
            }
            _ => {
                return Err(MaskError::Damaged(format!(
                    "line {} is \"{}\", where x and y should be",
                    line + 1,
                    text.chars().take(40).collect::<String>().escape_debug()
                )));
            }
        }
    }
    Ok(points)
}

/// What lies between two walls, both ends joined by straight lines, by [`FillRule::Centres`]. Either list may run either way.
///
/// # Errors
/// [`MaskError::Damaged`] for a wall of fewer than two points.
pub fn between(inner: &[[f64; 2]], outer: &[[f64; 2]], width: usize, height: usize) -> Result<Mask, MaskError> {
    let ([first, .., last], [other_first, .., other_last]) = (inner, outer) else {
        return Err(MaskError::Damaged(format!(
            "the walls have {} and {} points and need two each",
            inner.len(),
            outer.len()
        )));
    };
    let distance = |a: &[f64; 2], b: &[f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let mut points = inner.to_vec();
    // On from the end of the first wall that is nearer.
    let along = distance(last, other_first) + distance(first, other_last);
    let against = distance(last, other_last) + distance(first, other_first);
    match along <= against {
        true => points.extend(outer),
        false => points.extend(outer.iter().rev()),
    }
    let inside = Polygon::new(points)?.fill(width, height, FillRule::Centres);
    Mask::new(width, height, inside).map_err(|error| MaskError::Damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_lies_between_its_boundaries_whichever_way_they_run() {
        let inner = parse("1 2\n4 2\n\n7\t2\r\n").unwrap();
        let outer = parse("1.0, 5.0\n7.0; 5.0\n").unwrap();
        let mask = between(&inner, &outer, 10, 8).unwrap();
        assert_eq!(mask.count(), 7 * 4);
        let turned: Vec<[f64; 2]> = outer.iter().rev().copied().collect();
        assert_eq!(between(&inner, &turned, 10, 8).unwrap(), mask);
        assert!(between(&inner[..1], &outer, 10, 8).is_err());
        assert!(parse("1 2\n3").unwrap_err().to_string().contains("line 2"));
        assert!(parse("1 nan").is_err());
    }
}
