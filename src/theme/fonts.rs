//! Font stacks: what is installed anyway, with an end that every client knows.

/// The stacks that have a name. The last family before the generic one is what Outlook on Windows shows.
pub const STACKS: &[(&str, &str)] = &[
    ("sans", "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"),
    ("grotesque", "'Helvetica Neue',Helvetica,Arial,sans-serif"),
    ("humanist", "Seravek,'Gill Sans',Calibri,'Trebuchet MS',Arial,sans-serif"),
    ("serif", "Georgia,'Times New Roman',serif"),
    ("book", "'Iowan Old Style','Palatino Linotype',Palatino,'Book Antiqua',Georgia,serif"),
    ("slab", "Rockwell,'Roboto Slab','Sitka Small',Georgia,serif"),
    ("mono", "Menlo,Consolas,'Courier New',monospace"),
];

/// A stack by its name, or a literal one; what is wrong with it and what to type, otherwise.
pub fn stack(text: &str) -> Result<String, (String, String)> {
    if let Some((_, stack)) = STACKS.iter().find(|(name, _)| *name == text) {
        return Ok((*stack).to_owned());
    }
    let names = STACKS.iter().map(|(name, _)| *name);
    if !text.contains(',') {
        let help = match crate::finding::nearest(text, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "the stacks are {}; or write several families, e.g. `Verdana, Arial, sans-serif`",
                names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
        };
        return Err((format!("is not a font stack: `{}`", crate::finding::shown(text)), help));
    }
    let families: Vec<String> =
        text.split(',').map(family).collect::<Option<_>>().ok_or_else(|| {
            (
                format!("is not a font stack: `{}`", crate::finding::shown(text)),
                "write families with commas between, those with spaces in single quotes".to_owned(),
            )
        })?;
    let generic = ["serif", "sans-serif", "monospace"];
    if families.last().is_some_and(|last| generic.contains(&last.as_str())) {
        return Ok(families.join(","));
    }
    Err((
        "ends without a font that every client has".into(),
        "end it with `Arial, sans-serif`, `Georgia, serif` or `'Courier New', monospace`".into(),
    ))
}

/// One family, quoted if it has to be.
fn family(text: &str) -> Option<String> {
    let name = text.trim().trim_matches(['\'', '"']);
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    let usable = !name.is_empty() && name.chars().all(is_name);
    usable.then(|| if name.contains([' ', '.']) { format!("'{name}'") } else { name.to_owned() })
}

/// The family before the generic one: what clients show that stop at families they do not know.
pub fn last_family(stack: &str) -> &str {
    let mut families = stack.rsplit(',');
    let generic = families.next().unwrap_or_default();
    families.next().unwrap_or(generic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_has_a_name_or_ends_with_a_generic_family() {
        assert_eq!(stack("serif").unwrap(), "Georgia,'Times New Roman',serif");
        assert_eq!(
            stack("\"Open Sans\" , Verdana,Arial, sans-serif").unwrap(),
            "'Open Sans',Verdana,Arial,sans-serif"
        );
        assert_eq!(stack("seriff").unwrap_err().1, "did you mean `serif`?");
        assert!(stack("Comic Sans MS").unwrap_err().1.starts_with("the stacks are `sans`, "));
        assert!(stack("Verdana, Arial").unwrap_err().0.starts_with("ends without"));
        for bad in
            ["Arial;color:red,serif", "a{},serif", ",serif", "url(x),serif", "\u{202e},serif"]
        {
            assert!(stack(bad).unwrap_err().0.starts_with("is not a font stack"), "{bad}");
        }
    }

    #[test]
    fn every_named_stack_is_one_that_can_be_written() {
        for (name, stack) in STACKS {
            assert_eq!(super::stack(stack).unwrap(), *stack, "{name}");
        }
        assert_eq!(last_family(STACKS[0].1), "Arial");
    }
}
