//! `[images]`: how the project's own images reach readers.

use super::settings::{Settings, Wrong};
use super::{ImageMode, Images};
use crate::finding::{nearest, shown};

/// Reads the section; all of it has a default.
pub(super) fn read(settings: &mut Settings<'_>) -> Images {
    let mode = settings.parsed("images.mode", mode).unwrap_or(ImageMode::Host);
    let base_url = settings.parsed("images.base-url", super::newsletter::base_url);
    let budget = settings.number("images.budget", 1..=20_000).unwrap_or(1_000);
    Images { mode, base_url, budget: u64::from(budget) * 1000 }
}

fn mode(text: &str) -> Result<ImageMode, Wrong> {
    const MODES: [(&str, ImageMode); 2] = [("host", ImageMode::Host), ("cid", ImageMode::Cid)];
    MODES.iter().find(|(name, _)| *name == text).map(|(_, mode)| *mode).ok_or_else(|| {
        let near = nearest(text, MODES.map(|(name, _)| name));
        let hint = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let message = format!("is an unknown mode: `{}`", shown(text));
        (message, format!("{hint}`host` for a web server, `cid` to send them in the letter"))
    })
}
