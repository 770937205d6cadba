//! The newsletter's logo, checked like the images of drafts and shown like them.

use super::images::Images;
use crate::config::{Logo, Theme};
use crate::finding::Finding;

/// The logo as a letter shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark<'m> {
    /// What stands in `src`.
    pub url: &'m str,
    /// In pixels, never more than the image has.
    pub width: u32,
    /// What it says where it is not shown, if not the newsletter's name.
    pub alt: Option<&'m str>,
}

/// The logo of a theme, and what is to be said of its file.
pub(super) fn logo<'m>(theme: &'m Theme, images: &'m Images) -> (Option<Mark<'m>>, Vec<Finding>) {
    let Some(logo) = &theme.logo else { return (None, Vec::new()) };
    let alt = logo.alt.as_deref();
    let mark = |url, width| Some(Mark { url, width, alt });
    match images.logo() {
        Some(Ok(image)) => {
            let remarks = image.remarks(&logo.source).into_iter();
            let remarks = remarks.map(|(rule, severity, message, help)| {
                let finding = Finding::about(rule, "", message).help(help);
                at(theme, logo, Finding { severity, ..finding })
            });
            (mark(&image.url, logo.width.min(image.width)), remarks.collect())
        }
        Some(Err(unusable)) => {
            let (rule, message, help) = unusable.in_words(&logo.source);
            (None, vec![at(theme, logo, Finding::about(rule, "", message).help(help))])
        }
        None => (mark(&logo.source, logo.width), Vec::new()),
    }
}

fn at(theme: &Theme, logo: &Logo, finding: Finding) -> Finding {
    Finding { file: theme.file.clone(), place: Some(logo.place), ..finding }
}
