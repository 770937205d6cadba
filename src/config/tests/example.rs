//! `config.example.toml` is complete, true and usable.

use super::*;

const EXAMPLE: &str = include_str!("../../../config.example.toml");

#[test]
fn the_example_holds_every_key_and_says_the_defaults() {
    let example = config(EXAMPLE);
    for key in KEYS {
        let (section, name) = key.rsplit_once('.').unwrap();
        let body =
            EXAMPLE.split(&format!("[{section}]\n")).nth(1).unwrap().split("\n[").next().unwrap();
        let given = |line: &str| line.trim_start_matches("# ").starts_with(&format!("{name} = "));
        assert!(body.lines().any(given), "`{key}` is not in config.example.toml");
    }
    let least = config(LEAST);
    assert_eq!(least.audience, example.audience);
    assert_eq!(least.state, example.state);
    assert_eq!(least.unsubscribe.secret, example.unsubscribe.secret);
    assert_eq!(Theme { file: String::new(), ..least.theme.clone() }, Theme::PLAIN);
    assert_eq!(least.theme, example.theme);
    assert_eq!(least.newsletter.language, example.newsletter.language);
    let login = example.relay.login.clone();
    assert_eq!(Relay { login, ..least.relay }, example.relay);
}

#[test]
fn every_alternative_of_the_example_can_be_taken() {
    let rivals = |key: &str| {
        match key {
            "password-file" | "password-env" | "token-command" => "password-command",
            "secret-env" => "secret-file",
            key => key,
        }
        .to_owned()
    };
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let mut taken = 0;
    for (at, line) in lines.iter().enumerate() {
        let Some((key, _)) = line.strip_prefix("# ").and_then(|line| line.split_once(" = ")) else {
            continue;
        };
        let in_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-\".".contains(c);
        if !key.chars().all(in_key) {
            continue;
        }
        let opens = |line: &&str| line.trim_start_matches("# ").starts_with('[');
        let section = lines[..at].iter().rposition(opens).unwrap();
        // A section that is an alternative is taken as a whole.
        let whole = lines[section]
            .strip_prefix("# [")
            .map(|_| section + lines[section..].iter().position(|line| line.is_empty()).unwrap());
        let replaces = format!("{} = ", rivals(key));
        let text: Vec<&str> = lines
            .iter()
            .enumerate()
            .map(|(n, other)| match n {
                n if n == at => line.trim_start_matches("# "),
                // A word for a logo needs one.
                _ if key.starts_with("logo-") && other.starts_with("# logo = ") => &other[2..],
                n if whole.is_some_and(|end| (section..end).contains(&n)) => {
                    let bare = other.trim_start_matches("# ");
                    if bare.contains(" = ") || bare.starts_with('[') { bare } else { other }
                }
                n if n > section && other.starts_with(&replaces) => "",
                _ => other,
            })
            .collect();
        config(&text.join("\n"));
        taken += 1;
    }
    assert_eq!(taken, 41, "alternatives in config.example.toml");
}

#[test]
fn every_known_key_is_read() {
    let text = KEYS.iter().map(|key| format!("{key} = {{}}")).collect::<Vec<_>>().join("\n");
    let all = mistakes(&text);
    for key in KEYS {
        let complaint = format!(" `{key}` must be ");
        assert!(all.iter().any(|line| line.contains(&complaint)), "`{key}` is not read:\n{all:#?}");
    }
}
