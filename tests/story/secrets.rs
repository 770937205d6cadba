//! The password and the key are nowhere but where the editor put them, whatever goes wrong.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::support::desk::{Desk, Run, signal};
use super::support::relay::Relay;
use super::support::script::{Act, Phase, Script};

const PASSWORD: &str = "Zq7-planted-password";

/// A desk whose relay wants a login; `source` says where its password is.
fn desk(port: u16, source: &str) -> Desk {
    let desk = Desk::new(2, port);
    desk.configure(port, &format!("user = \"ada\"\n{source}"));
    desk.write("password", &format!("{PASSWORD}\n"));
    private(&desk, "password");
    desk
}

fn private(desk: &Desk, name: &str) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(desk.path(name), mode).unwrap();
}

fn relay(auth: Option<Act>) -> Relay {
    let script = Script::new().offering(&["AUTH PLAIN LOGIN"]);
    Relay::start(match auth {
        Some(act) => script.on(Phase::Auth, act),
        None => script,
    })
}

/// Runs it with the password in the environment, and looks for the secrets in all it prints and leaves behind.
fn run(desk: &Desk, words: &str) -> Run {
    let mut command = desk.command(words);
    command.env("PLANTED", PASSWORD).stdin(std::process::Stdio::null());
    let run = Run::of(&command.output().unwrap());
    let key = "5e".repeat(32);
    let needles = [
        PASSWORD.to_owned(),
        STANDARD.encode(PASSWORD),
        STANDARD.encode(format!("\0ada\0{PASSWORD}")),
        STANDARD.encode([0x5e; 32]),
        key,
    ];
    let printed = format!("{}\n{}", run.stdout, run.stderr);
    for needle in &needles {
        assert!(!printed.contains(needle), "`{words}` prints {needle}:\n{printed}");
    }
    search(&desk.path(""), &needles);
    run
}

/// The secrets are in no file but those that the editor made for them.
fn search(folder: &Path, needles: &[String]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, needles);
        } else if !path.ends_with("password")
            && !path.ends_with(".postrider/secret")
            && !path.ends_with("config.toml")
        {
            let bytes = fs::read(&path).unwrap();
            let holds =
                |needle: &String| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
            assert!(!needles.iter().any(holds), "{} holds a secret", path.display());
        }
    }
}

const SOURCES: [&str; 3] = [
    "password-file = \"password\"",
    "password-command = \"cat password\"",
    "password-env = \"PLANTED\"",
];

#[test]
fn a_send_that_succeeds_leaves_no_secret_behind() {
    for source in SOURCES {
        let relay = relay(None);
        let desk = desk(relay.port(), source);
        for words in [
            "send drafts/tide.md --dry-run",
            "send drafts/tide.md --sandbox",
            "send drafts/tide.md --to ada@example.org",
            "preview drafts/tide.md --out page",
            "--json send drafts/tide.md --yes",
            "--json status",
            "ledger export tide",
            "ledger show tide reader1@example.org",
            "ledger verify",
        ] {
            run(&desk, words).exits(0);
        }
        assert_eq!(relay.stored(), 3, "{source}");
        let login = format!("AUTH PLAIN {}", STANDARD.encode(format!("\0ada\0{PASSWORD}")));
        assert!(relay.commands().contains(&login), "the secret was there to be leaked");
    }
}

#[test]
fn a_login_that_fails_tells_no_secret_even_if_the_relay_does() {
    let echo = STANDARD.encode(format!("\0ada\0{PASSWORD}"));
    for (said, exit) in [
        ("535 5.7.8 wrong password".to_owned(), 6),
        (format!("535 5.7.8 AUTH PLAIN {echo} was refused"), 6),
        (format!("535-5.7.8 no\r\n535 5.7.8 `{PASSWORD}` is not your password"), 6),
        (format!("454 4.7.0 later, {PASSWORD}"), 3),
        (format!("999 {echo}"), 3),
        (format!("500 5.5.2 unrecognized command AUTH PLAIN {echo}"), 6),
    ] {
        let relay = relay(Some(Act::Garbage(format!("{said}\r\n").into_bytes())));
        let desk = desk(relay.port(), SOURCES[0]);
        run(&desk, "send drafts/tide.md --to a@example.org").exits(exit);
        // What may pass is tried again for a while.
        if exit == 6 {
            run(&desk, "--json send drafts/tide.md --yes").exits(exit);
        }
        run(&desk, "--json status");
        run(&desk, "ledger export tide");
        assert_eq!(relay.stored(), 0);
    }
}

#[test]
fn a_secret_that_cannot_be_had_is_not_told_in_part() {
    let planted = |more: &str| desk(1, more);
    let inline = planted(&format!("password = \"{PASSWORD}\""));
    run(&inline, "send drafts/tide.md --yes").exits(1);
    let unclosed = planted(&format!("password = \"{PASSWORD}"));
    run(&unclosed, "send drafts/tide.md --yes").exits(1).says("the line is not shown");
    let wrong_kind = planted(&format!("password-file = [\"{PASSWORD}\"]"));
    run(&wrong_kind, "send drafts/tide.md --yes").exits(1);
    let pasted = planted(&format!("password-env = \"{PASSWORD}\""));
    run(&pasted, "send drafts/tide.md --yes").exits(1);
    for command in
        ["cat password; cat password >&2; exit 3", "cat password >&2", "cat password; kill $$"]
    {
        let desk = planted(&format!("password-command = \"{command}\""));
        run(&desk, "send drafts/tide.md --yes").exits(1).says("error[secret-unreadable]");
    }
    let open = planted(SOURCES[0]);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(open.path("password"), mode).unwrap();
    run(&open, "send drafts/tide.md --yes").exits(1).says("chmod 600 password");
}

#[test]
fn a_send_that_is_killed_leaves_no_secret_behind() {
    let relay = relay(None);
    let desk = desk(relay.port(), SOURCES[0]);
    desk.write("subscribers.toml", &super::support::desk::list(2000));
    let mut child = desk.command("send drafts/tide.md --yes").spawn().unwrap();
    while relay.stored() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    signal(&child, "-KILL");
    child.wait().unwrap();
    run(&desk, "--json status").exits(0);
}

#[test]
fn no_help_shows_what_the_environment_holds() {
    let desk = desk(1, SOURCES[2]);
    for command in
        ["", "init", "new", "preview", "send", "status", "ledger", "subscribers", "completions"]
    {
        run(&desk, &format!("{command} --help")).exits(0);
    }
    run(&desk, "completions bash").exits(0);
}
