//! Volumes that are cut off anywhere, or go on after their end.

use libtest_mimic::Trial;
use unet_lab_data::formats::{Limits, decode};

use super::guard::Guard;
use super::seeds::{self, Files};

pub fn trial() -> Trial {
    Trial::test("a volume that is cut off is refused", || {
        // Others measure their memory.
        let _guard = Guard::new();
        for files in seeds::volumes()
            .iter()
            .filter(|files| files.name != "npz of two arrays")
        {
            every_length(files);
        }
        Ok(())
    })
}

fn every_length(files: &Files) {
    let decodes = |bytes: &[u8]| decode(bytes, Limits::default(), &|name| files.companion(name)).is_ok();
    let (name, whole) = (&files.name, &files.first[..]);
    assert!(decodes(whole), "{name}");
    // What a header names is not cut off with it, and numbers in text have no last byte.
    let stands_alone = files.others.is_empty();
    let in_text = name.contains("ascii") || name.contains("text");
    for length in (0..whole.len()).filter(|_| stands_alone && !in_text) {
        assert!(!decodes(&whole[..length]), "{name} cut to {length}");
    }
    // What follows is left alone, except in a zip file, which is read from its end.
    let longer = [whole, b"garbage\0\n"].concat();
    assert!(
        !stands_alone || name.starts_with("npz") || decodes(&longer),
        "{name} with garbage at its end"
    );
}
