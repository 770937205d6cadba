//! The designs' stylesheets for letters that are read from right to left: bars, indents and distances change sides.

/// Rules in the form that `stylesheet` writes, one a line, with left and right exchanged.
pub(super) fn mirrored(css: &str) -> String {
    let rule = |line: &str| match line.split_once('{') {
        Some((selector, body)) => {
            let declarations = body.trim_end_matches('}').split(';');
            let mirrored: Vec<String> =
                declarations.map(|declaration| turned(selector, declaration)).collect();
            format!("{selector}{{{}}}\n", mirrored.join(";"))
        }
        None => format!("{line}\n"),
    };
    css.lines().map(rule).collect()
}

fn turned(selector: &str, declaration: &str) -> String {
    let Some((name, value)) = declaration.split_once(':') else { return declaration.to_owned() };
    // What an author has asked of a column stays.
    if name == "text-align" && !selector.contains("[align=") {
        return format!("{name}:{}", exchanged(value));
    }
    let is_distance = matches!(name, "margin" | "padding");
    match value.split(' ').collect::<Vec<_>>()[..] {
        [top, right, bottom, left] if is_distance => {
            format!("{name}:{top} {left} {bottom} {right}")
        }
        _ => format!("{}:{value}", exchanged(name)),
    }
}

fn exchanged(text: &str) -> String {
    if text.contains("left") {
        text.replace("left", "right")
    } else {
        text.replace("right", "left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_left_stands_right_and_the_other_way_round() {
        let css = ".a,.b:first-child{padding-left:0;border-right:1px solid #000000;margin:1px 2px 3px 4px}\n\
                   .c{text-align:left;padding:0 2px}\n.c[align=right]{text-align:right}\n";
        let mirrored = mirrored(css);
        assert_eq!(
            mirrored,
            ".a,.b:first-child{padding-right:0;border-left:1px solid #000000;margin:1px 4px 3px 2px}\n\
             .c{text-align:right;padding:0 2px}\n.c[align=right]{text-align:right}\n"
        );
        assert_eq!(super::mirrored(&super::mirrored(css)), css);
    }
}
