//! Images of the project in letters: hosted, or carried along.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use mail_parser::{MessageParser, MimeHeaders, PartType};

use super::support::desk::Desk;

/// A picture whose pixels depend on `seed`.
fn picture(width: u32, height: u32, seed: u8, format: ImageFormat) -> Vec<u8> {
    let shade = |at: u32| u8::try_from(at % 256).unwrap();
    let pixel = |x: u32, y: u32| image::Rgb([shade(x * 7), shade(y), seed]);
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// A desk with this body and these lines under `[images]`.
fn desk(body: &str, images: &str) -> Desk {
    let desk = Desk::new(2, 1);
    desk.write("drafts/tide.md", &format!("---\nsubject: The tide\nslug: tide\n---\n\n{body}\n"));
    let config = desk.read("config.toml");
    desk.write("config.toml", &format!("{config}[images]\n{images}\n"));
    desk.write_bytes("drafts/img/boat.jpg", &picture(1200, 200, 1, ImageFormat::Jpeg));
    desk.write_bytes("drafts/img/copy of boat.jpg", &picture(1200, 200, 1, ImageFormat::Jpeg));
    desk.write_bytes("img/logo.png", &picture(40, 20, 2, ImageFormat::Png));
    desk
}

#[test]
fn images_travel_in_the_letter_each_once_and_no_wider_than_its_column() {
    let body = "![A boat](img/boat.jpg)\n\n![Again](<img/copy of boat.jpg>)\n\n<img src=\"/img/logo.png\" alt=\"Logo\">\n\n![Far](https://example.org/far.png)";
    let desk = desk(body, "mode = \"cid\"");
    desk.run("send drafts/tide.md --sandbox --out caught").exits(0);
    let letters = desk.files("caught/new");
    assert_eq!(letters.len(), 2);
    let raw = std::fs::read(&letters[0]).unwrap();
    let letter = MessageParser::default().parse(&raw).unwrap();
    let types: Vec<String> = letter
        .parts
        .iter()
        .map(|part| {
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.c_type, kind.c_subtype.as_deref().unwrap_or_default())
        })
        .collect();
    let expected = [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/jpeg",
        "image/png",
    ];
    assert_eq!(types, expected);
    let html = letter.body_html(0).unwrap();
    let mut sizes = Vec::new();
    for part in &letter.parts {
        let (PartType::Binary(bytes) | PartType::InlineBinary(bytes)) = &part.body else {
            continue;
        };
        let id = part.content_id().unwrap();
        sizes.push((
            html.matches(&format!("\"cid:{id}\"")).count(),
            image::load_from_memory(bytes).unwrap().width(),
        ));
    }
    assert_eq!(sizes, [(2, 536), (1, 40)]);
    assert!(html.contains("width=\"40\""), "a small image keeps its width");
    assert!(html.contains("\"https://example.org/far.png\""));
    let text = letter.body_text(0).unwrap();
    assert!(text.contains("[Image: A boat]\r\n"), "{text}");
}

#[test]
fn hosted_images_are_listed_for_uploading() {
    let desk = desk(
        "![A boat](img/boat.jpg)\n\n![Logo](/img/logo.png)",
        "base-url = \"https://cdn.example.org/tide\"",
    );
    let run = desk.run("send drafts/tide.md --dry-run --out rehearsal").exits(0);
    assert!(run.stderr.contains("upload /img/logo.png"), "{}", run.stderr);
    let plan: serde_json::Value = serde_json::from_str(&desk.read("rehearsal/plan.json")).unwrap();
    let urls: Vec<&str> = plan["uploads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|upload| upload["url"].as_str().unwrap())
        .collect();
    assert_eq!(
        urls,
        ["https://cdn.example.org/img/logo.png", "https://cdn.example.org/tide/img/boat.jpg"]
    );
    desk.run("preview drafts/tide.md --out out").exits(0);
    let html = desk.read("out/issue.html");
    assert_eq!(
        html.matches("src=\"data:image/").count(),
        2,
        "the preview shows what is not uploaded yet"
    );
    assert!(desk.read("out/issue.eml").contains("https://cdn.example.org/tide/img/boat.jpg"));
}

#[test]
fn images_that_cannot_be_shown_are_all_named_with_their_places() {
    let body = "![a](img/baot.jpg) ![b](img/link.png)\n\n![c](img/words.png)\n\n> ![d](img/drawing.png)\n\n![e](img/huge.png)";
    let desk = desk(body, "mode = \"cid\"");
    desk.write("drafts/img/words.png", "just words");
    desk.write("drafts/img/drawing.png", "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>");
    desk.write_bytes("drafts/img/huge.png", &vec![0; 9 * 1024 * 1024]);
    std::os::unix::fs::symlink("/etc/passwd", desk.path("drafts/img/link.png")).unwrap();
    let run = desk.run("send drafts/tide.md --dry-run").exits(1);
    insta::assert_snapshot!(run.stderr, @"
    error[img-relative-missing]: drafts/tide.md:6:1: image `img/baot.jpg` not found
     6 | ![a](img/baot.jpg) ![b](img/link.png)
       | ^^^^^^^^^^^^^^^^^^
    help: did you mean `img/boat.jpg`?
    error[img-relative-missing]: drafts/tide.md:6:20: image `img/link.png` lies outside the project
     6 | ![a](img/baot.jpg) ![b](img/link.png)
       |                    ^^^^^^^^^^^^^^^^^^
    help: copy it beside the draft
    error[img-wrong-type]: drafts/tide.md:8:1: `img/words.png` is not an image, whatever its name says
     8 | ![c](img/words.png)
       | ^^^^^^^^^^^^^^^^^^^
    help: save it as PNG, JPEG or GIF
    error[img-wrong-type]: drafts/tide.md:10:3: image `img/drawing.png` is SVG, which mail programs do not show
     10 | > ![d](img/drawing.png)
        |   ^^^^^^^^^^^^^^^^^^^^^
    help: save it as PNG, JPEG or GIF
    error[img-too-heavy]: drafts/tide.md:12:1: image `img/huge.png` too large (9.0 MiB > 5.0 MiB)
     12 | ![e](img/huge.png)
        | ^^^^^^^^^^^^^^^^^^
    help: make it smaller: the column of a letter is about 600 pixels wide
    ");
}

#[test]
fn images_over_their_budget_refuse_a_send_unless_it_is_allowed() {
    let desk = desk("![A boat](img/boat.jpg)", "mode = \"cid\"\nbudget = 1");
    let run = desk.run("send drafts/tide.md --yes").exits(8);
    assert!(run.stderr.contains("error[img-total-heavy]"), "{}", run.stderr);
    assert!(run.stderr.contains("the heaviest is boat.jpg"), "{}", run.stderr);
    // Nobody listens on the relay's port, but the gate lets the send pass.
    desk.run("send drafts/tide.md --yes --allow img-total-heavy").exits(3);
}

#[test]
fn a_logo_is_a_file_like_other_images() {
    let logo = |images: &str, logo: &str| {
        let desk = desk("Hello.", images);
        let config = desk.read("config.toml");
        desk.write("config.toml", &format!("{config}[theme]\nlogo = \"{logo}\"\n"));
        desk
    };
    let carried = logo("mode = \"cid\"", "img/logo.png");
    carried.run("preview drafts/tide.md --out out").exits(0);
    let raw = std::fs::read(carried.path("out/issue.eml")).unwrap();
    let letter = MessageParser::default().parse(&raw).unwrap();
    let html = letter.body_html(0).unwrap();
    let content_id = letter.parts.last().unwrap().content_id().unwrap();
    assert!(html.contains(&format!("src=\"cid:{content_id}\"")), "{html}");
    // It is shown no wider than it is.
    assert!(html.contains("width=\"40\""), "{html}");
    assert!(carried.read("out/issue.html").contains("src=\"data:image/png;base64,"));

    let hosted = logo("base-url = \"https://img.example.org/n/\"", "/img/logo.png");
    hosted.run("preview drafts/tide.md --out out").exits(0);
    let raw = std::fs::read(hosted.path("out/issue.eml")).unwrap();
    let letter = MessageParser::default().parse(&raw).unwrap();
    assert!(
        letter.body_html(0).unwrap().contains("src=\"https://img.example.org/n/img/logo.png\"")
    );
    let rehearsal = hosted.run("send drafts/tide.md --dry-run --out plan");
    assert!(rehearsal.stderr.contains("upload img/logo.png"), "{}", rehearsal.stderr);

    for (path, said) in [
        ("img/lgoo.png", "image `img/lgoo.png` not found"),
        ("../logo.png", "image `../logo.png` not found"),
        ("drafts/tide.md", "`drafts/tide.md` is not an image, whatever its name says"),
    ] {
        let run = logo("mode = \"cid\"", path).run("preview drafts/tide.md --out out");
        let run = run.exits(1);
        assert!(run.stderr.contains(said) && run.stderr.contains("config.toml:"), "{}", run.stderr);
    }
}
