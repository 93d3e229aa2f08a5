//! Transfer syntaxes: how a data set is encoded, and what compresses its pixels.

use dicom_transfer_syntax_registry::{TransferSyntax, TransferSyntaxIndex as _, TransferSyntaxRegistry, entries};

use crate::formats::FormatError;

/// How the elements of a data set are encoded (PS3.5 section 7 and annex A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    ImplicitLittle,
    ExplicitLittle,
    ExplicitBig,
    Deflated,
}

/// What compresses the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    RunLength,
    Jpeg,
    JpegLs,
    Jpeg2000,
}

impl Encoding {
    pub fn uid(self) -> &'static str {
        match self {
            Self::ImplicitLittle => "1.2.840.10008.1.2",
            Self::ExplicitLittle => "1.2.840.10008.1.2.1",
            Self::Deflated => "1.2.840.10008.1.2.1.99",
            Self::ExplicitBig => "1.2.840.10008.1.2.2",
        }
    }

    pub fn name(self) -> String {
        name(self.uid())
    }

    /// As the parser knows it; a deflated data set is inflated before.
    pub fn parser(self) -> TransferSyntax {
        match self {
            Self::ImplicitLittle => entries::IMPLICIT_VR_LITTLE_ENDIAN.erased(),
            Self::ExplicitLittle | Self::Deflated => entries::EXPLICIT_VR_LITTLE_ENDIAN.erased(),
            Self::ExplicitBig => entries::EXPLICIT_VR_BIG_ENDIAN.erased(),
        }
    }
}

/// The encoding that goes with a transfer syntax; every compressed one is explicit little endian.
pub(super) fn encoding(uid: &str) -> Encoding {
    match uid {
        "1.2.840.10008.1.2" | "1.2.840.113619.5.2" => Encoding::ImplicitLittle,
        "1.2.840.10008.1.2.2" => Encoding::ExplicitBig,
        "1.2.840.10008.1.2.1.99" => Encoding::Deflated,
        _ => Encoding::ExplicitLittle,
    }
}

/// What decodes the pixels of a transfer syntax.
pub(super) fn codec(uid: &str) -> Result<Codec, FormatError> {
    match uid.strip_prefix("1.2.840.10008.1.2") {
        Some("" | ".1" | ".1.99" | ".2") => Ok(Codec::None),
        Some(".5") => Ok(Codec::RunLength),
        Some(".4.50" | ".4.51" | ".4.57" | ".4.70") => Ok(Codec::Jpeg),
        Some(".4.80" | ".4.81") => Ok(Codec::JpegLs),
        Some(".4.90" | ".4.91") => Ok(Codec::Jpeg2000),
        _ if uid == "1.2.840.113619.5.2" => Ok(Codec::None),
        _ => Err(FormatError::Unsupported {
            what: format!("the transfer syntax {} ({uid})", name(uid)),
            hint: "convert it to Explicit VR Little Endian, for instance with dcmconv, gdcmconv or dcm2niix".into(),
        }),
    }
}

/// The name of a transfer syntax in the standard (PS3.6 table A-1).
pub(super) fn name(uid: &str) -> String {
    match TransferSyntaxRegistry.get(uid) {
        Some(known) => known.name().to_owned(),
        None => "of no known name".to_owned(),
    }
}
