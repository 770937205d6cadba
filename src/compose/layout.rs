//! The document around the body: head, preheader, masthead, footer, and what Outlook needs.
//!
//! Only the body is inlined. The head is printed as it stands here, because the inliner would put kept styles before
//! the charset and move `color-scheme` out of them.

use css_inline::{CSSInliner, InlineError, InlineOptions};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const THEME: &str = include_str!("theme.css");
const HEAD: &str = include_str!("head.css");

/// What stands around the body. Strings are plain text, with stand-ins for merge tags.
#[derive(Debug)]
pub(super) struct Page<'p> {
    pub subject: &'p str,
    /// The h1, typographic.
    pub title: &'p str,
    /// What inboxes show after the subject.
    pub preheader: Option<&'p str>,
    /// BCP 47.
    pub language: &'p str,
    pub newsletter: &'p str,
    pub postal_address: Option<&'p str>,
    /// Why the reader gets this.
    pub reason: &'p str,
    pub unsubscribe_url: &'p str,
    pub body: &'p Markup,
}

const MSO_HEAD: &str = "<!--[if mso]><noscript><xml><o:OfficeDocumentSettings><o:AllowPNG/>\
    <o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml></noscript>\
    <style>td,th,p,a,h1,h2,h3,h4,h5,h6,li,blockquote{font-family:Arial,sans-serif;mso-line-height-rule:exactly}\
    </style><![endif]-->";
/// Outlook knows no max-width: it gets a table of the column's width around ours.
const MSO_OPEN: &str = "<!--[if mso]><table role=\"presentation\" width=\"600\" align=\"center\" border=\"0\" \
    cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->";
const MSO_CLOSE: &str = "<!--[if mso]></td></tr></table><![endif]-->";

/// The whole document, styles inlined.
pub(super) fn document(page: &Page<'_>) -> Result<String, InlineError> {
    let inliner = CSSInliner::new(InlineOptions {
        load_remote_stylesheets: false,
        inline_style_tags: false,
        minify_css: true,
        ..InlineOptions::default()
    });
    let body = inliner.inline_fragment(&article(page).into_string(), THEME)?;
    let direction = direction(page.language);
    Ok(html! {
        (DOCTYPE)
        html lang=(page.language) dir=(direction) xmlns:v="urn:schemas-microsoft-com:vml"
            xmlns:o="urn:schemas-microsoft-com:office:office" {
            (head(page))
            body class="page" lang=(page.language) xml:lang=(page.language) dir=(direction)
                style="margin:0;padding:0;width:100%;background-color:#f3f0e9;-webkit-text-size-adjust:100%" {
                "\n" (PreEscaped(body)) "\n"
            }
        }
        "\n"
    }
    .into_string())
}

fn head(page: &Page<'_>) -> Markup {
    html! {
        head {
            meta charset="utf-8"; "\n"
            meta name="viewport" content="width=device-width,initial-scale=1"; "\n"
            meta name="x-apple-disable-message-reformatting" content=""; "\n"
            meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no"; "\n"
            meta name="color-scheme" content="light dark"; "\n"
            meta name="supported-color-schemes" content="light dark"; "\n"
            title { (page.subject) } "\n"
            @if let Some(preheader) = page.preheader {
                meta name="description" content=(preheader); "\n"
            }
            (PreEscaped(MSO_HEAD)) "\n"
            style { "\n" (PreEscaped(HEAD)) } "\n"
        }
        "\n"
    }
}

fn article(page: &Page<'_>) -> Markup {
    let direction = direction(page.language);
    html! {
        @if let Some(preheader) = page.preheader {
            div style="display:none;max-height:0;overflow:hidden;mso-hide:all" aria-hidden="true" {
                (preheader) (filler(preheader))
            }
            "\n"
        }
        div class="page" role="article" aria-roledescription="email" aria-label=(page.subject)
            lang=(page.language) dir=(direction) {
            "\n" (PreEscaped(MSO_OPEN)) "\n"
            table role="presentation" class="container" width="100%" align="center" border="0"
                cellpadding="0" cellspacing="0" {
                "\n"
                tr { td class="masthead" {
                    @if !page.title.contains(page.newsletter) { p class="name" { (page.newsletter) } }
                    h1 class="title" { (page.title) }
                } }
                "\n"
                tr { td class="cell" { "\n" (page.body) } }
                "\n"
                tr { td class="footer" { (footer(page)) } }
                "\n"
            }
            "\n" (PreEscaped(MSO_CLOSE)) "\n"
        }
    }
}

fn footer(page: &Page<'_>) -> Markup {
    html! {
        p class="foot" { (page.reason) }
        @if let Some(address) = page.postal_address {
            p class="foot" {
                @for (number, line) in address.lines().enumerate() {
                    @if number > 0 { br; }
                    (line)
                }
            }
        }
        p class="foot" { a class="foot-link" href=(page.unsubscribe_url) { "Unsubscribe" } }
    }
}

/// Invisible characters that keep inboxes from filling their preview line with the letter's first words.
fn filler(preheader: &str) -> String {
    "\u{2007}\u{feff}\u{34f} ".repeat(150_usize.saturating_sub(preheader.chars().count()))
}

/// Languages written from right to left, by their primary subtag.
fn direction(language: &str) -> &'static str {
    let primary = language.split('-').next().unwrap_or_default();
    let rtl = ["ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"];
    if rtl.iter().any(|code| primary.eq_ignore_ascii_case(code)) { "rtl" } else { "ltr" }
}
