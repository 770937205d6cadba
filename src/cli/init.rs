//! `postrider init`: a folder to start from; nothing that exists is overwritten.

use std::path::Path;

use crate::delivery::plan::hex;
use crate::io::{files, secret};
use crate::report::Printer;

use super::exit::Exit;
use super::failure::Failure;
use super::project::EXAMPLE_CONFIG;

const EXAMPLE_LIST: &str = include_str!("../../subscribers.toml");

/// Writes config.toml, subscribers.toml, drafts/ and the secret.
pub(super) fn run(printer: Printer) -> Result<Exit, Failure> {
    files::create_folder(Path::new("drafts"))?;
    files::create_folder(Path::new(".postrider"))?;
    let secret = Path::new(".postrider/secret");
    let created = [
        (
            "config.toml",
            files::create_private(Path::new("config.toml"), EXAMPLE_CONFIG.as_bytes())?,
        ),
        (
            "subscribers.toml",
            files::create_new(Path::new("subscribers.toml"), EXAMPLE_LIST.as_bytes())?,
        ),
        (
            ".postrider/secret",
            files::create_private(
                secret,
                format!("{}\n", hex(&secret::random::<32>()?)).as_bytes(),
            )?,
        ),
    ];
    for (name, new) in created {
        printer.say(format!("{} {name}", if new { "created" } else { "kept   " }));
    }
    printer
        .say("\nNext: fill in config.toml and subscribers.toml, then `postrider new \"A title\"`.");
    printer.say(
        "Keep a copy of .postrider/secret: the unsubscribe links you mail today work only with it.",
    );
    Ok(Exit::Complete)
}
