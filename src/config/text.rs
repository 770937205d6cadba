//! `[text]`: how the plain-text part is written.

use super::Text;
use super::settings::Settings;

/// Reads the section; all of it has a default.
pub(super) fn read(settings: &mut Settings<'_>) -> Text {
    Text { ascii: settings.flag("text.ascii").unwrap_or_default() }
}
