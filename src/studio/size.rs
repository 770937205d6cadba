//! What a letter weighs, and how much of it Gmail shows.

use maud::{Markup, html};

use crate::check::weight::{CLIPPED, Weight};
use crate::report::words::size;

/// A bar of the HTML's parts against Gmail's limit, and the sizes of everything.
pub(super) fn panel(weight: &Weight) -> Markup {
    let parts = [
        ("Words", weight.words, "words"),
        ("Links", weight.links, "links"),
        ("Styles", weight.styles, "styles"),
        ("Footer", weight.footer, "footer"),
        ("Markup", weight.markup, "markup"),
    ];
    let counted = weight.html.max(weight.html_encoded);
    let is_cut = counted > CLIPPED;
    html! {
        p.lead {
            @if is_cut {
                strong.over { "Gmail cuts this letter off." }
                " It shows about " (bytes(CLIPPED)) ", and this is " (bytes(counted))
                ". The letter shows where."
            } @else {
                "Gmail shows all of it: " strong { (weight.share()) " %" } " of the " (bytes(CLIPPED)) " it takes."
            }
        }
        (bar(&parts, weight.html, counted))
        table.sizes {
            thead { tr { th scope="col" { "Part" } th scope="col" { "Size" } th scope="col" { "Share" } } }
            tbody {
                @for (name, length, class) in parts {
                    tr {
                        th scope="row" { span class={ "swatch " (class) } {} (name) }
                        td { (bytes(length)) }
                        td { (length * 100 / weight.html.max(1)) " %" }
                    }
                }
            }
            tbody.sums {
                (sum("HTML", weight.html))
                (sum("HTML as sent", weight.html_encoded))
                (sum("Plain text as sent", weight.text_encoded))
                (sum("Images in the letter", weight.images))
                (sum("The whole letter", weight.total))
            }
        }
    }
}

fn sum(name: &str, length: usize) -> Markup {
    html! { tr { th scope="row" { (name) } td { (bytes(length)) } td {} } }
}

/// The parts beside each other, drawn to Gmail's limit; a letter that is larger fills it, and the limit is a line in it.
fn bar(parts: &[(&str, usize, &str)], html: usize, counted: usize) -> Markup {
    // In thousandths of the bar, which is as long as the larger of the letter and the limit.
    let whole = counted.max(CLIPPED).max(1);
    let scaled = |length: usize| length * counted / html.max(1) * 1000 / whole;
    let starts = parts.iter().scan(0, |at, (_, length, class)| {
        let start = *at;
        *at += scaled(*length);
        Some((start, scaled(*length), *class))
    });
    html! {
        svg.weight viewBox="0 0 1000 60" preserveAspectRatio="none" role="img"
            aria-label={ (bytes(counted)) " of " (bytes(CLIPPED)) } {
            rect.track x="0" y="0" width="1000" height="60" {}
            @for (start, width, class) in starts { rect class=(class) x=(start) y="0" width=(width) height="60" {} }
            @if counted > CLIPPED {
                @let at = CLIPPED * 1000 / whole;
                line.limit x1=(at) x2=(at) y1="0" y2="60" {}
            }
        }
    }
}

pub(super) fn bytes(length: usize) -> String {
    size(length as u64)
}
