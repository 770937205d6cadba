//! An editor signs letters with a key of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::support::desk::Desk;
use super::support::relay::Relay;
use super::support::script::Script;

/// A desk whose config.toml ends with what `dkim new` told to put there.
fn signing_desk() -> Desk {
    let desk = Desk::new(2, 1);
    let made = desk.run("dkim new --selector s1").exits(0);
    paste(&desk, &made.stderr);
    desk
}

/// Puts the lines under the last `[dkim]` of what was said at the end of config.toml.
fn paste(desk: &Desk, said: &str) {
    let lines = said.rsplit_once("[dkim]\n").unwrap().1;
    desk.write("config.toml", &format!("{}[dkim]\n{lines}", desk.read("config.toml")));
}

fn chmod(desk: &Desk, name: &str, mode: u32) {
    fs::set_permissions(desk.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_is_made_published_and_used() {
    let desk = Desk::new(2, 1);
    let made = desk.run("dkim new --selector s1").exits(0);
    let rights = fs::metadata(desk.path("dkim/s1.pem")).unwrap().permissions();
    assert_eq!(rights.mode() & 0o777, 0o600);
    assert!(desk.read("dkim/s1.pem").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(made.stdout.starts_with("s1._domainkey.example.org. IN TXT ( \"v=DKIM1; k=rsa; p=MII"));
    assert!(made.stdout.lines().all(|line| line.split('"').nth(1).unwrap().len() <= 255));
    paste(&desk, &made.stderr);
    assert_eq!(desk.run("dkim show").exits(0).stdout, made.stdout);
    desk.run("send drafts/tide.md --sandbox --out caught").exits(0);
    for path in desk.files("caught/new") {
        let letter = fs::read_to_string(path).unwrap();
        let start = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;";
        assert!(letter.starts_with(start), "{letter}");
    }
    desk.run("dkim new --selector s1").exits(2).says("dkim/s1.pem exists already");
    assert_eq!(desk.run("dkim show").exits(0).stdout, made.stdout, "nothing was overwritten");
}

#[test]
fn a_second_signature_has_a_name_of_its_own() {
    let desk = signing_desk();
    let made = desk.run("--json dkim new --ed25519 --selector e1").exits(0);
    let record: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!(record["name"], "e1._domainkey.example.org");
    assert!(record["value"].as_str().unwrap().starts_with("v=DKIM1; k=ed25519; p="));
    let (_, lines) = made.stderr.split_once("ed25519-selector").unwrap();
    desk.write("config.toml", &format!("{}ed25519-selector{lines}", desk.read("config.toml")));
    desk.run("preview drafts/tide.md --out shown").exits(0);
    let letter = desk.read("shown/issue.eml");
    let signatures = letter.lines().filter(|line| line.starts_with("DKIM-Signature: "));
    let selectors: Vec<&str> = signatures
        .map(|line| line.split("a=").nth(1).unwrap().split(';').next().unwrap())
        .collect();
    assert_eq!(selectors, ["rsa-sha256", "ed25519-sha256"]);
    assert_eq!(desk.run("dkim show").exits(0).stdout.matches("_domainkey").count(), 2);
}

#[test]
fn a_key_that_cannot_be_trusted_is_refused_by_name() {
    let desk = signing_desk();
    chmod(&desk, "dkim/s1.pem", 0o644);
    let refused = |words: &str| {
        let run = desk.run(words).exits(1);
        assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{run:?}");
        run.stderr
    };
    insta::assert_snapshot!(refused("send drafts/tide.md --yes"), @"
    error[secret-unreadable]: dkim/s1.pem: others may read this file (mode 644)
    help: type `chmod 600 dkim/s1.pem`
    ");
    insta::assert_snapshot!(refused("send drafts/tide.md --sandbox"), @"
    error[secret-unreadable]: dkim/s1.pem: others may read this file (mode 644)
    help: type `chmod 600 dkim/s1.pem`
    ");
    insta::assert_snapshot!(refused("dkim show"), @"
    error[secret-unreadable]: dkim/s1.pem: others may read this file (mode 644)
    help: type `chmod 600 dkim/s1.pem`
    ");
    let with = |pem: &str| {
        desk.write("dkim/s1.pem", pem);
        chmod(&desk, "dkim/s1.pem", 0o600);
        refused("send drafts/tide.md --yes")
    };
    insta::assert_snapshot!(with(include_str!("../../src/message/dkim/keys/rsa-1024.pem")), @"
    error[dkim-key]: dkim/s1.pem: is an RSA key of 1024 bits, less than 2048
    help: `postrider dkim new` makes a key and shows its DNS record
    ");
    insta::assert_snapshot!(with(include_str!("../../src/message/dkim/keys/encrypted.pem")), @"
    error[dkim-key]: dkim/s1.pem: is encrypted with a passphrase
    help: take it off into a new file: `umask 077; openssl pkey -in dkim/s1.pem -out NEW.pem`
    ");
    insta::assert_snapshot!(with(include_str!("../../src/message/dkim/keys/ed25519.pem")), @"
    error[dkim-key]: dkim/s1.pem: holds an Ed25519 key, which many receivers do not check
    help: name it in `dkim.ed25519-key-file`, and an RSA key in `dkim.key-file`
    ");
    insta::assert_snapshot!(with("hunter2"), @"
    error[dkim-key]: dkim/s1.pem: holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)
    help: `postrider dkim new` makes a key and shows its DNS record
    ");
    fs::remove_file(desk.path("dkim/s1.pem")).unwrap();
    desk.run("send drafts/tide.md --yes").exits(1).says("`postrider dkim new` makes a key");
    desk.run("send drafts/tide.md --sandbox --out caught")
        .exits(0)
        .says("dkim/s1.pem yet, so these letters are not signed");
    let letter = fs::read_to_string(&desk.files("caught/new")[0]).unwrap();
    assert!(letter.starts_with("Date: "), "{letter}");
}

#[test]
fn a_domain_that_is_not_that_of_from_is_a_gate() {
    let desk = signing_desk();
    desk.write(
        "config.toml",
        &desk.read("config.toml").replace("domain = \"example.org\"", "domain = \"example.com\""),
    );
    desk.run("send drafts/tide.md --yes")
        .exits(8)
        .says("error[dkim-domain]")
        .says("From is at `example.org`, but `example.com` signs");
    desk.run("send drafts/tide.md --sandbox").exits(0).says("dkim-domain");
}

#[test]
fn a_key_needs_a_domain_to_sign_for() {
    let desk = Desk::empty();
    desk.run("dkim new").exits(2).says("--domain example.org");
    desk.run("dkim new --domain example").exits(2).says("`--domain` is not a domain name");
    desk.run("dkim new --domain example.org --selector a_b").exits(2).says("is not a DNS label");
    desk.run("dkim show").exits(1).says("`postrider dkim new` makes a key");
    let made = desk.run("dkim new --domain bücher.example").exits(0);
    assert!(made.stdout.contains("._domainkey.xn--bcher-kva.example. IN TXT"), "{made:?}");
}

#[test]
fn another_key_is_no_other_issue() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(3, relay.port());
    paste(&desk, &desk.run("dkim new --selector s1").exits(0).stderr);
    desk.run("send drafts/tide.md --yes --limit 1").exits(3);
    let before = desk.read("config.toml");
    let (rest, _) = before.split_once("[dkim]").unwrap();
    desk.write("config.toml", rest);
    paste(&desk, &desk.run("dkim new --selector s2").exits(0).stderr);
    desk.run("send drafts/tide.md --yes").exits(0);
    let letters: Vec<String> =
        relay.journal().into_iter().map(|entry| String::from_utf8(entry.letter).unwrap()).collect();
    let signed = |tag: &str| letters.iter().filter(|letter| letter.contains(tag)).count();
    assert_eq!((letters.len(), signed(" s=s1;"), signed(" s=s2;")), (3, 1, 2));
}

#[test]
fn a_bounce_address_names_the_letter_on_the_wire_only() {
    let relay = Relay::start(Script::new());
    let desk = Desk::new(2, relay.port());
    let config = desk.read("config.toml");
    let bounce = "bounce = \"b+{token}@bounce.example.org\"\n[relay]";
    desk.write("config.toml", &config.replacen("[relay]", bounce, 1));
    desk.run("send drafts/tide.md --yes").exits(0);
    let mut paths: Vec<String> =
        relay.commands().into_iter().filter(|line| line.starts_with("MAIL FROM:<b+")).collect();
    paths.dedup();
    assert_eq!(paths.len(), 2, "{:?}", relay.commands());
    assert!(paths.iter().all(|path| path.contains("@bounce.example.org>")), "{paths:?}");
}

#[test]
fn ed25519_can_sign_alone_and_a_warning_says_who_does_not_check_it() {
    let desk = Desk::new(2, 1);
    let made = desk.run("dkim new --ed25519 --selector e1").exits(0);
    let lines = &made.stderr[made.stderr.rfind("ed25519-selector").unwrap()..];
    desk.write("config.toml", &format!("{}[dkim]\n{lines}", desk.read("config.toml")));
    let run = desk.run("send drafts/tide.md --sandbox --out caught").exits(0);
    run.says("warning[dkim-ed25519-alone]: config.toml:");
    for path in desk.files("caught/new") {
        let letter = fs::read_to_string(path).unwrap();
        assert!(letter.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; "), "{letter}");
        assert_eq!(letter.matches("DKIM-Signature: ").count(), 1);
    }
    desk.run("dkim show").exits(0);
}
