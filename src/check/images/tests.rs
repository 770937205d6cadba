use super::*;
use crate::check::Severities;
use crate::check::tests::findings_with;
use crate::compose::images::{Format, Images};

#[test]
fn a_file_name_is_no_description() {
    for name in ["IMG_1234", "heron.jpg", "image", "DSC 0012", "photo (2)", "Screenshot"] {
        assert!(is_file_name(name), "{name}");
    }
    for text in ["A heron", "The picture of health", "See heron.jpg", "Photo of a boat", ""] {
        assert!(!is_file_name(text), "{text}");
    }
}

/// What is said of an image file with this format, width and weight, but for what any short letter is told.
fn said(format: Format, width: u32, bytes: u64) -> Vec<String> {
    let url = "https://example.org/boat".to_owned();
    said_of(Image::hosted(url, width, bytes, format))
}

fn said_of(image: Image) -> Vec<String> {
    let mut images = Images::default();
    images.insert("boat".into(), Ok(image));
    let draft = "---\nsubject: The tide\nlang: en\npreheader: At six, and the boat is out there in it.\n---\n\n![A boat](boat)\n";
    let findings = findings_with(draft, &images, &Severities::new());
    let of_image = findings.iter().filter(|finding| {
        finding.rule.family == rule::Family::Images && finding.rule != &rule::IMG_ONLY
    });
    of_image.map(|finding| format!("{} {}", finding.severity, finding.rule.id)).collect()
}

#[test]
fn a_file_is_as_wide_and_heavy_as_screens_and_readers_have_use_for() {
    assert_eq!(said(Format::Jpeg, 1200, 100_000), Vec::<String>::new());
    assert_eq!(said(Format::Jpeg, 1201, 100_000), ["warning img-too-wide"]);
    assert_eq!(said(Format::Jpeg, 600, 600_000), ["warning img-heavy"]);
    assert_eq!(said(Format::Png, 600, 1_100_000), ["error img-heavy"]);
    assert_eq!(said(Format::WebP, 600, 100_000), ["warning img-webp"]);
}

#[test]
fn a_moving_picture_of_a_megabyte_is_too_much_and_two_of_images_as_well() {
    let moving = |bytes| {
        let url = "https://example.org/boat".to_owned();
        said_of(Image { is_moving: true, ..Image::hosted(url, 600, bytes, Format::Gif) })
    };
    assert_eq!(moving(900_000), ["warning img-heavy"]);
    assert_eq!(moving(1_010_000), ["warning img-heavy", "warning img-animated-large"]);
    assert_eq!(said(Format::Gif, 600, 1_010_000), ["warning img-heavy"]);
    assert_eq!(said(Format::Jpeg, 600, 2_100_000), ["warning img-total-heavy", "error img-heavy"]);
}

#[test]
fn an_image_that_nobody_sees_counts_readers() {
    let is_told = |attributes: &str| {
        let draft = format!(
            "---\nsubject: The tide\n---\n\n<img src=\"https://example.org/a.gif\" alt=\"\" {attributes}>\n"
        );
        let findings = findings_with(&draft, &Images::default(), &Severities::new());
        findings.iter().any(|finding| finding.rule == &rule::IMG_TRACKING_PIXEL)
    };
    for hidden in [
        "width=1 height=1",
        "style='width:1px; height: 1px'",
        "style='Display:none'",
        "width=1 style='height:0'",
    ] {
        assert!(is_told(hidden), "{hidden}");
    }
    for seen in ["width=552 height=1", "style='width:50%'", ""] {
        assert!(!is_told(seen), "{seen}");
    }
}
