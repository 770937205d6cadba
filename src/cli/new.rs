//! `postrider new TITLE`: the next draft, ready to be written.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use crate::draft;
use crate::io::files;
use crate::report::Printer;

use super::exit::Exit;
use super::failure::Failure;
use super::project::decode;

/// Makes drafts/SLUG.md with the next number; opens nothing.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The title, e.g. "Letters from the harbour"
    title: String,
}

/// Writes the draft and prints its path.
pub(super) fn run(args: &NewArgs, today: Date, printer: Printer) -> Result<Exit, Failure> {
    let title = args.title.trim();
    if title.is_empty() || title.chars().any(char::is_control) {
        return Err(Failure::new(Exit::Usage, "the title is empty or has a control character")
            .help("postrider new \"Letters from the harbour\""));
    }
    let slug = slug(title);
    if slug.is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            "the title has no letter or digit to name a file after",
        ));
    }
    let folder = Path::new("drafts");
    files::create_folder(folder)?;
    let path = folder.join(format!("{slug}.md"));
    let text = template(title, next_number(&files::with_ending(folder, "md")?), today);
    if !files::create_new(&path, text.as_bytes())? {
        return Err(Failure::new(Exit::Usage, format!("{} exists already", path.display()))
            .help("choose another title, or go on with that draft"));
    }
    printer.data(path.display().to_string());
    Ok(Exit::Complete)
}

/// One more than the highest number of the drafts that can be read.
fn next_number(paths: &[PathBuf]) -> u64 {
    let numbers =
        paths.iter().filter_map(|path| draft::parse(decode(path).ok()?).ok()?.0.front.number);
    numbers.max().unwrap_or(0) + 1
}

fn template(title: &str, number: u64, today: Date) -> String {
    let quoted = serde_json::to_string(title).unwrap_or_default();
    format!(
        "---\ntitle: {quoted}\nnumber: {number}\ndate: {today}\npreheader: \"\"\ndraft: true\n---\n\nDear {{{{ name | default(\"reader\") }}}},\n\n"
    )
}

/// Lower-case ASCII letters and digits with single dashes between them, at most 80 bytes.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(80);
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_file_name() {
        assert_eq!(slug("Letters from the Harbour, No. 4!"), "letters-from-the-harbour-no-4");
        assert_eq!(slug("Été à Ærø"), "ete-a-r");
        assert_eq!(slug("…"), "");
    }
}
