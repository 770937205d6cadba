//! The document around the body: head, preheader, masthead, footer, and what Outlook needs.
//!
//! Only the body is inlined. The head is printed as it stands here, because the inliner would put kept styles before
//! the charset and move `color-scheme` out of them.

use std::collections::BTreeSet;

use css_inline::{CSSInliner, InlineError, InlineOptions};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::look::{self, Dress};
use super::masthead::Mark;
use super::phrases::Phrases;
use crate::config::Theme;
use crate::language::is_right_to_left;

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
    /// What the footer calls a page on the web, and its address.
    pub online: Option<(&'p str, &'p str)>,
    pub phrases: &'p Phrases,
    pub logo: Option<Mark<'p>>,
    pub body: &'p Markup,
    /// Header, footer and width.
    pub theme: &'p Theme,
    pub dress: &'p Dress,
}

const MSO_CLOSE: &str = "<!--[if mso]></td></tr></table><![endif]-->";

/// The whole document, styles inlined.
pub(super) fn document(page: &Page<'_>) -> Result<String, InlineError> {
    let inliner = CSSInliner::new(InlineOptions {
        load_remote_stylesheets: false,
        inline_style_tags: false,
        minify_css: true,
        ..InlineOptions::default()
    });
    let article = article(page).into_string();
    let head_styles = look::pruned(&page.dress.head, &classes(&article));
    let body = inliner.inline_fragment(&article, &page.dress.inlined)?;
    let direction = direction(page.language);
    Ok(html! {
        (DOCTYPE)
        html lang=(page.language) dir=(direction) xmlns:v="urn:schemas-microsoft-com:vml"
            xmlns:o="urn:schemas-microsoft-com:office:office" {
            (head(page, &head_styles))
            body class="page" lang=(page.language) xml:lang=(page.language) dir=(direction)
                style=(page.dress.body) {
                "\n" (PreEscaped(body)) "\n"
            }
        }
        "\n"
    }
    .into_string())
}

/// Every class that occurs.
fn classes(html: &str) -> BTreeSet<&str> {
    let values =
        html.split(" class=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
    values.flat_map(str::split_ascii_whitespace).chain(["page"]).collect()
}

fn head(page: &Page<'_>, styles: &str) -> Markup {
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
            (PreEscaped(mso_head(page.dress))) "\n"
            style { "\n" (PreEscaped(styles)) } "\n"
        }
        "\n"
    }
}

/// What only Outlook reads: pictures at 96 dpi, and fonts it has, because it stops at the first of a stack.
fn mso_head(dress: &Dress) -> String {
    let [text, heading] = &dress.outlook;
    format!(
        "<!--[if mso]><noscript><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch>\
         </o:OfficeDocumentSettings></xml></noscript><style>td,th,p,a,h4,h5,h6,li,blockquote{{font-family:{text};\
         mso-line-height-rule:exactly}}h1,h2,h3{{font-family:{heading};mso-line-height-rule:exactly}}</style>\
         <![endif]-->"
    )
}

/// Outlook knows no max-width: it gets a table of the letter's width around ours.
fn mso_open(width: u32) -> String {
    format!(
        "<!--[if mso]><table role=\"presentation\" width=\"{width}\" align=\"center\" border=\"0\" \
         cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->"
    )
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
        div class="page around" role="article" aria-roledescription="email" aria-label=(page.subject)
            lang=(page.language) dir=(direction) {
            "\n" (PreEscaped(mso_open(page.theme.width))) "\n"
            table role="presentation" class="container" width="100%" align="center" border="0"
                cellpadding="0" cellspacing="0" {
                "\n"
                tr { td class="masthead" { (masthead(page)) } }
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

/// Logo or name, title, header line. A title that says the newsletter's name needs it no second time.
fn masthead(page: &Page<'_>) -> Markup {
    html! {
        @if let Some(logo) = &page.logo {
            @let style = format!("display:block;width:100%;max-width:{}px;height:auto;border:0", logo.width);
            p class="logo" {
                img class="picture" src=(logo.url) alt=(logo.alt.unwrap_or(page.newsletter))
                    width=(logo.width) style=(style);
            }
        } @else if !page.title.contains(page.newsletter) {
            p class="name" { (page.newsletter) }
        }
        h1 class="title" { (page.title) }
        @if let Some(header) = &page.theme.header { p class="tagline" { (lines(header)) } }
    }
}

/// Plain text with its line breaks; web addresses in it become links.
fn lines(text: &str) -> Markup {
    let is_address = |word: &str| word.starts_with("https://") || word.starts_with("http://");
    html! {
        @for (number, line) in text.lines().enumerate() {
            @if number > 0 { br; }
            @for (number, word) in line.split(' ').enumerate() {
                @if number > 0 { " " }
                @if is_address(word) {
                    @let address = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
                    a class="foot-link" href=(address) { (address) } (word[address.len()..])
                } @else {
                    (word)
                }
            }
        }
    }
}

fn footer(page: &Page<'_>) -> Markup {
    html! {
        @if let Some(footer) = &page.theme.footer { p class="foot" { (lines(footer)) } }
        p class="foot" { (page.reason) }
        @if let Some(address) = page.postal_address { p class="foot" { (lines(address)) } }
        @if let Some((label, url)) = page.online {
            p class="foot" { a class="foot-link" href=(url) { (label) } }
        }
        p class="foot" { a class="foot-link" href=(page.unsubscribe_url) { (page.phrases.unsubscribe) } }
    }
}

/// Invisible characters that keep inboxes from filling their preview line with the letter's first words.
fn filler(preheader: &str) -> String {
    "\u{2007}\u{feff}\u{34f} ".repeat(150_usize.saturating_sub(preheader.chars().count()))
}

fn direction(language: &str) -> &'static str {
    if is_right_to_left(language) { "rtl" } else { "ltr" }
}
