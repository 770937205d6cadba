//! Which mail programs lack what the letter is made of, from the data of caniemail.com.

use maud::{Markup, html};

use crate::check::{Use, uses};
use crate::clients::{self, Kind, Mark};

/// A table of everything in the letter that some program lacks, the worst first.
pub(super) fn panel(html: &str) -> Markup {
    let uses = uses(html);
    let has = |one: &Use, wanted: Mark| one.support.marks().any(|mark| mark == wanted);
    let pick =
        |wanted: &dyn Fn(&Use) -> bool| uses.iter().filter(|one| wanted(one)).collect::<Vec<_>>();
    let lacking = pick(&|one| has(one, Mark::No) && !one.is_dispensable);
    let partial = pick(&|one| !has(one, Mark::No) && has(one, Mark::Almost) && !one.is_dispensable);
    let spare = pick(&|one| one.is_dispensable && (has(one, Mark::No) || has(one, Mark::Almost)));
    let gaps = lacking.len() + partial.len() + spare.len();
    html! {
        p.lead {
            "The letter uses " strong { (uses.len()) } " elements, attributes, properties and formats. "
            @if gaps == 0 { "All are known everywhere." } @else {
                strong { (uses.len() - gaps) } " are known everywhere, letters do without " strong { (spare.len()) }
                ", " strong { (partial.len()) } " are known in part, and "
                strong.over[!lacking.is_empty()] { (lacking.len()) } " not by every program."
            }
        }
        @if gaps > 0 {
            table.support {
                thead {
                    tr {
                        td { span.unseen { "What the letter uses" } }
                        @for client in clients::names() { th scope="col" { span { (client) } } }
                    }
                }
                (rows("Not known by every program", &lacking))
                (rows("Known in part", &partial))
                (rows("Letters do without these", &spare))
            }
            p.legend {
                @for mark in [Mark::No, Mark::Almost, Mark::Yes, Mark::Unknown] {
                    span { (sign(mark)) " " span aria-hidden="true" { (word(mark)) } }
                }
            }
            p.quiet { "By the data of " span.mono { "caniemail.com" } ", " (clients::date()) ", which is in the binary." }
        }
    }
}

fn rows(title: &str, uses: &[&Use]) -> Markup {
    html! {
        @if !uses.is_empty() {
            tbody {
                tr.group { th scope="rowgroup" colspan=(clients::names().len() + 1) { (title) } }
                @for one in uses {
                    tr {
                        th scope="row" { code { (spelled(one)) } }
                        @for (mark, client) in one.support.marks().zip(clients::names()) {
                            td title={ (client) ": " (word(mark)) } { (sign(mark)) }
                        }
                    }
                }
            }
        }
    }
}

/// How a thing is written where it is used.
fn spelled(one: &Use) -> String {
    let name = &one.name;
    match one.kind {
        Kind::Element => format!("<{name}>"),
        Kind::Attribute => format!("{name}=\"…\""),
        Kind::AtRule => format!("@{name}"),
        Kind::Function => format!("{name}()"),
        Kind::Pseudo => format!(":{name}"),
        Kind::Image => format!(".{name}"),
        Kind::Property | Kind::Value | Kind::Keyword | Kind::Unit => name.clone(),
    }
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Yes => "known",
        Mark::Almost => "in part",
        Mark::No => "not known",
        Mark::Unknown => "nobody has tried",
    }
}

fn sign(mark: Mark) -> Markup {
    let (class, sign) = match mark {
        Mark::Yes => ("yes", "·"),
        Mark::Almost => ("almost", "◐"),
        Mark::No => ("no", "✕"),
        Mark::Unknown => ("unknown", "?"),
    };
    html! { span.sign.(class) aria-hidden="true" { (sign) } span.unseen { (word(mark)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_program_lacks_is_a_row_with_a_word_for_each_program() {
        let page = panel("<p style=\"transform:none;border-radius:3px\">x</p>").into_string();
        assert!(page.contains("<code>transform</code>"), "{page}");
        let (needed, spare) = page.split_once("Letters do without these").unwrap();
        assert!(needed.contains("transform") && spare.contains("border-radius"), "{page}");
        assert!(page.contains("title=\"Gmail: not known\""), "{page}");
        assert!(panel("<p>x</p>").into_string().contains("All are known everywhere"));
    }
}
