//! What an image file is, judged by its content, and how it is made to fit the column of a letter.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops;
use image::{
    AnimationDecoder, DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits,
};

use crate::finding::shown;
use crate::rule::{self, Rule};

/// The largest image file that is read, in bytes.
pub const LARGEST: u64 = 5 * 1024 * 1024;
/// The widest and highest image that is decoded, in pixels.
const WIDEST: u32 = 20_000;
/// What decoding may take, in bytes.
const MEMORY: u64 = 256 * 1024 * 1024;
/// Of 100: at 85 nobody sees the loss.
const JPEG_QUALITY: u8 = 85;

/// A format that every mail program shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF, also moving.
    Gif,
    /// WebP, which classic Outlook does not show: it travels as PNG or JPEG.
    WebP,
}

/// An image that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted {
    /// The file's content.
    pub bytes: Vec<u8>,
    /// What it is.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
}

/// Why a file cannot be shown as an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// There is no such file; perhaps one with a similar name is meant.
    Missing(Option<String>),
    /// It lies outside the project, or a link leads there.
    Outside,
    /// It cannot be read, and why.
    Unreadable(String),
    /// Its size in bytes is over [`LARGEST`].
    TooLarge(u64),
    /// Its content is no image.
    NotAnImage,
    /// An image that mail programs do not show, with the format's name.
    NotForMail(&'static str),
    /// An image that is damaged or too large to decode.
    Damaged(String),
}

impl Format {
    /// RFC 2046 media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }

    /// The usual ending of file names.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::WebP => "webp",
        }
    }

    /// By the first bytes, whatever the name says.
    fn of(bytes: &[u8]) -> Result<Self, Unusable> {
        match image::guess_format(bytes) {
            Ok(ImageFormat::Png) => Ok(Self::Png),
            Ok(ImageFormat::Jpeg) => Ok(Self::Jpeg),
            Ok(ImageFormat::Gif) => Ok(Self::Gif),
            Ok(ImageFormat::WebP) => Ok(Self::WebP),
            Ok(ImageFormat::Avif) => Err(Unusable::NotForMail("AVIF")),
            Ok(ImageFormat::Bmp) => Err(Unusable::NotForMail("BMP")),
            Ok(ImageFormat::Tiff) => Err(Unusable::NotForMail("TIFF")),
            Ok(ImageFormat::Ico) => Err(Unusable::NotForMail("ICO")),
            _ if is_heif(bytes) => Err(Unusable::NotForMail("HEIF")),
            _ if is_svg(bytes) => Err(Unusable::NotForMail("SVG")),
            _ => Err(Unusable::NotAnImage),
        }
    }
}

/// What phones save unless told otherwise.
fn is_heif(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp")
        && bytes.get(8..12).is_some_and(|brand| {
            [b"heic", b"heix", b"mif1", b"hevc"].iter().any(|known| brand == *known)
        })
}

fn is_svg(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    start.trim_start().starts_with('<') && start.contains("<svg")
}

/// The width of an image as it is shown, in pixels, and its format.
pub fn measure(bytes: &[u8]) -> Result<(u32, Format), Unusable> {
    let format = Format::of(bytes)?;
    let mut decoder = decoder(bytes)?;
    let (width, height) = decoder.dimensions();
    let is_on_its_side = decoder.orientation().is_ok_and(|orientation| {
        use image::metadata::Orientation as O;
        matches!(orientation, O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH)
    });
    Ok((if is_on_its_side { height } else { width }, format))
}

/// Makes an image at most `widest` pixels wide: Apple Mail shows one that travels at its own size, whatever the letter
/// says. What fits already is left as it is, but for WebP; a moving GIF is left as it is, too.
pub fn fit(bytes: Vec<u8>, widest: u32) -> Result<Fitted, Unusable> {
    let (width, format) = measure(&bytes)?;
    let keeps = match format {
        Format::Gif => width <= widest || is_moving(&bytes),
        Format::Png | Format::Jpeg => width <= widest,
        Format::WebP => false,
    };
    if keeps {
        return Ok(Fitted { bytes, format, width });
    }
    let mut decoder = decoder(&bytes)?;
    let profile = decoder.icc_profile().ok().flatten();
    let orientation = decoder.orientation().map_err(|error| damaged(&error))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| damaged(&error))?;
    picture.apply_orientation(orientation);
    if picture.width() > widest {
        let height = u64::from(picture.height()) * u64::from(widest) / u64::from(picture.width());
        let height = u32::try_from(height.max(1)).unwrap_or(u32::MAX);
        picture = picture.resize_exact(widest, height, imageops::FilterType::Lanczos3);
    }
    encode(&picture, format, profile)
}

/// Photographs stay JPEG, all else becomes PNG.
fn encode(
    picture: &DynamicImage,
    format: Format,
    profile: Option<Vec<u8>>,
) -> Result<Fitted, Unusable> {
    let is_photograph = match format {
        Format::Jpeg => true,
        Format::WebP => !picture.color().has_alpha(),
        Format::Png | Format::Gif => false,
    };
    let mut bytes = Vec::new();
    let written = if is_photograph {
        let picture = DynamicImage::ImageRgb8(picture.to_rgb8());
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        // A picture without its profile is only a little paler.
        let _ = profile.map(|profile| encoder.set_icc_profile(profile));
        picture.write_with_encoder(encoder)
    } else {
        let mut encoder =
            PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
        let _ = profile.map(|profile| encoder.set_icc_profile(profile));
        picture.write_with_encoder(encoder)
    };
    written.map_err(|error| damaged(&error))?;
    let format = if is_photograph { Format::Jpeg } else { Format::Png };
    Ok(Fitted { bytes, format, width: picture.width() })
}

fn decoder(bytes: &[u8]) -> Result<impl ImageDecoder + '_, Unusable> {
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(WIDEST), Some(WIDEST));
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| Unusable::Damaged(error.to_string()))?;
    reader.limits(limits);
    reader.into_decoder().map_err(|error| damaged(&error))
}

/// Whether this is a GIF of more pictures than one.
pub fn is_moving(bytes: &[u8]) -> bool {
    let frames = GifDecoder::new(Cursor::new(bytes)).map(AnimationDecoder::into_frames);
    frames.is_ok_and(|frames| frames.take(2).flatten().count() == 2)
}

fn damaged(error: &image::ImageError) -> Unusable {
    Unusable::Damaged(error.to_string())
}

impl Unusable {
    /// The rule it breaks, what is wrong with the image `path`, and what to do.
    pub(in crate::compose) fn in_words(&self, path: &str) -> (&'static Rule, String, String) {
        let name = shown(path);
        match self {
            Self::Missing(near) => {
                let help = near.as_ref().map_or_else(
                    || {
                        "paths start at the draft's folder, and with `/` at the project's"
                            .to_owned()
                    },
                    |near| format!("did you mean `{}`?", shown(near)),
                );
                (&rule::IMG_MISSING, format!("image `{name}` not found"), help)
            }
            Self::Outside => (
                &rule::IMG_MISSING,
                format!("image `{name}` lies outside the project"),
                "copy it beside the draft".to_owned(),
            ),
            Self::Unreadable(why) => (
                &rule::IMG_MISSING,
                format!("image `{name}` cannot be read: {why}"),
                "look at the file's kind and permissions".to_owned(),
            ),
            Self::TooLarge(bytes) => (
                &rule::IMG_TOO_HEAVY,
                format!(
                    "image `{name}` too large ({} > {})",
                    megabytes(*bytes),
                    megabytes(LARGEST)
                ),
                "make it smaller: the column of a letter is about 600 pixels wide".to_owned(),
            ),
            Self::NotAnImage => (
                &rule::IMG_WRONG_TYPE,
                format!("`{name}` is not an image, whatever its name says"),
                "save it as PNG, JPEG or GIF".to_owned(),
            ),
            Self::NotForMail(format) => (
                &rule::IMG_WRONG_TYPE,
                format!("image `{name}` is {format}, which mail programs do not show"),
                "save it as PNG, JPEG or GIF".to_owned(),
            ),
            Self::Damaged(why) => (
                &rule::IMG_WRONG_TYPE,
                format!("image `{name}` cannot be decoded: {}", shown(why)),
                "open it in a picture editor and save it again".to_owned(),
            ),
        }
    }
}

/// `9.0 MiB`
fn megabytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of this size with something to see.
    fn picture(width: u32, height: u32) -> DynamicImage {
        let shade = |at: u32| u8::try_from(at % 256).unwrap();
        let pixel = |x: u32, y: u32| image::Rgb([shade(x), shade(y), 90]);
        DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, pixel))
    }

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
            let bytes = file(&picture(552, 10), format);
            assert_eq!(fit(bytes.clone(), 552).unwrap().bytes, bytes);
        }
    }

    #[test]
    fn what_is_too_wide_is_made_as_wide_as_the_column() {
        for (format, becomes) in [
            (ImageFormat::Png, Format::Png),
            (ImageFormat::Jpeg, Format::Jpeg),
            (ImageFormat::Gif, Format::Png),
            (ImageFormat::WebP, Format::Jpeg),
        ] {
            let fitted = fit(file(&picture(1104, 200), format), 552).unwrap();
            assert_eq!((fitted.width, fitted.format), (552, becomes));
            assert_eq!(measure(&fitted.bytes).unwrap(), (552, becomes));
            let decoded = image::load_from_memory(&fitted.bytes).unwrap();
            assert_eq!((decoded.width(), decoded.height()), (552, 100));
        }
    }

    #[test]
    fn webp_travels_as_something_that_everybody_shows() {
        let clear = DynamicImage::ImageRgba8(picture(20, 20).to_rgba8());
        assert_eq!(fit(file(&clear, ImageFormat::WebP), 552).unwrap().format, Format::Png);
        assert_eq!(
            fit(file(&picture(20, 20), ImageFormat::WebP), 552).unwrap().format,
            Format::Jpeg
        );
    }

    #[test]
    fn a_moving_picture_keeps_moving() {
        let frames =
            [picture(900, 9), picture(900, 9)].map(|frame| image::Frame::new(frame.to_rgba8()));
        let mut bytes = Vec::new();
        image::codecs::gif::GifEncoder::new(&mut bytes).encode_frames(frames).unwrap();
        let fitted = fit(bytes.clone(), 552).unwrap();
        assert_eq!((fitted.bytes, fitted.width), (bytes, 900));
    }

    #[test]
    fn the_content_decides_what_a_file_is() {
        let of = |bytes: &[u8]| measure(bytes).unwrap_err();
        assert_eq!(of(b"hello"), Unusable::NotAnImage);
        assert_eq!(of(b""), Unusable::NotAnImage);
        assert_eq!(of(b"<?xml version='1.0'?><svg xmlns='x'>"), Unusable::NotForMail("SVG"));
        assert_eq!(of(b"\0\0\0\x20ftypheic\0\0\0\0"), Unusable::NotForMail("HEIF"));
        assert_eq!(of(b"\0\0\0\x20ftypavif\0\0\0\0"), Unusable::NotForMail("AVIF"));
        assert_eq!(of(b"BM\0\0\0\0\0\0\0\0"), Unusable::NotForMail("BMP"));
        let cut = &file(&picture(600, 600), ImageFormat::Png)[..20];
        assert!(matches!(of(cut), Unusable::Damaged(_)));
    }

    #[test]
    fn a_picture_that_would_fill_the_memory_is_not_decoded() {
        // A header that promises 60,000 by 60,000 pixels.
        let mut bytes = file(&picture(1, 1), ImageFormat::Png);
        bytes[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        assert!(matches!(fit(bytes, 552), Err(Unusable::Damaged(_))));
    }
}
