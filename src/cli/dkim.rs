//! `postrider dkim`: makes keys that sign letters, and shows the DNS records that receivers check them against.

use std::path::Path;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;

use crate::config::dkim::{domain, selector_name};
use crate::config::{DkimAlgorithm, DkimKey};
use crate::io::{dkim_key, files};
use crate::message::dkim::{Record, SigningKey};
use crate::report::Printer;

use super::exit::Exit;
use super::failure::Failure;
use super::project::Project;

/// Makes a DKIM key, or shows the DNS record of one.
#[derive(Debug, Args)]
pub(super) struct DkimArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key in dkim/ and show its DNS record; overwrites nothing
    New(NewArgs),
    /// Show the DNS records of the keys in config.toml
    Show,
}

#[derive(Debug, Args)]
struct NewArgs {
    /// The key's name in DNS [default: s and the month, e.g. s202611]
    #[arg(long, value_name = "NAME")]
    selector: Option<String>,
    /// Make an Ed25519 key, for a second signature beside the RSA one
    #[arg(long)]
    ed25519: bool,
    /// The domain that signs [default: that of config.toml]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

/// Runs the command; `today` names a key that has no other name.
pub(super) fn run(
    args: &DkimArgs,
    project: &Project,
    today: Date,
    printer: Printer,
) -> Result<Exit, Failure> {
    match &args.command {
        Command::New(args) => make(args, project, today, printer),
        Command::Show => show(project, printer),
    }
}

fn make(args: &NewArgs, project: &Project, today: Date, printer: Printer) -> Result<Exit, Failure> {
    let algorithm = if args.ed25519 { DkimAlgorithm::Ed25519 } else { DkimAlgorithm::Rsa };
    let domain = signing_domain(args, project)?;
    let letter = if args.ed25519 { 'e' } else { 's' };
    let selector = match &args.selector {
        Some(selector) => selector_name(selector).map_err(wrong("--selector"))?,
        None => format!("{letter}{}", today.strftime("%Y%m")),
    };
    let file = Path::new("dkim").join(format!("{selector}.pem"));
    let path = project.path(&file);
    files::create_folder(&project.path(Path::new("dkim")))?;
    if !files::create_private(&path, dkim_key::make(algorithm)?.as_bytes())? {
        return Err(Failure::new(Exit::Usage, format!("{} exists already", path.display()))
            .help(format!("choose another name, e.g. `--selector {selector}b`")));
    }
    let key = dkim_key::read(&path, algorithm)?;
    let kind = if args.ed25519 { "an Ed25519 key" } else { "an RSA key of 2048 bits" };
    printer.say(format!(
        "made {}: {kind} that only you can read. Keep it secret, and out of version control.\n",
        path.display()
    ));
    let named = DkimKey { algorithm, selector, file };
    let record = publish(&domain, &named, &key, printer)?;
    printer.say(format!(
        "\nOnce `dig +short TXT {}` shows it, put this into config.toml{}:\n\n{}",
        record.name,
        if args.ed25519 { ", under the `[dkim]` of your RSA key" } else { "" },
        lines(&domain, &named)
    ));
    Ok(Exit::Complete)
}

fn show(project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let Some(dkim) = &project.config.dkim else {
        return Err(Failure::new(Exit::Mistakes, "config.toml has no `[dkim]`, so nothing signs")
            .help("`postrider dkim new` makes a key and says what to put there"));
    };
    for named in &dkim.keys {
        let key = dkim_key::read(&project.path(&named.file), named.algorithm)?;
        publish(&dkim.domain, named, &key, printer)?;
    }
    Ok(Exit::Complete)
}

/// Tells what to publish: the line of a zone file on stdout, the parts of a form to people.
fn publish(
    domain: &str,
    named: &DkimKey,
    key: &SigningKey,
    printer: Printer,
) -> Result<Record, Failure> {
    let record = Record::new(domain, &named.selector, key).ok_or_else(|| {
        Failure::new(Exit::Storage, "the crypto library cannot tell the key's public half")
    })?;
    let zone = record.zone_line();
    if printer.json {
        let file = named.file.display().to_string();
        printer.json(&json!({ "domain": domain, "selector": named.selector, "file": file, "name": record.name, "type": "TXT", "value": record.value, "zone": zone }));
        return Ok(record);
    }
    printer.say(format!(
        "Publish this TXT record in the DNS of {domain}, as a line of its zone file:\n"
    ));
    printer.data(&zone);
    printer.say(format!(
        "\nor in a form, with this name (some forms add `.{domain}` themselves):\n\n{}\n\nand this value, in one piece:\n\n{}",
        record.name, record.value
    ));
    Ok(record)
}

/// What turns a key on.
fn lines(domain: &str, named: &DkimKey) -> String {
    let DkimKey { algorithm, selector, file } = named;
    let file = file.display();
    match algorithm {
        DkimAlgorithm::Rsa => format!(
            "[dkim]\ndomain = \"{domain}\"\nselector = \"{selector}\"\nkey-file = \"{file}\""
        ),
        DkimAlgorithm::Ed25519 => {
            format!("ed25519-selector = \"{selector}\"\ned25519-key-file = \"{file}\"")
        }
    }
}

/// The domain that was asked for, else that of `[dkim]`, else that of From.
fn signing_domain(args: &NewArgs, project: &Project) -> Result<String, Failure> {
    if let Some(given) = &args.domain {
        return domain(given).map_err(wrong("--domain"));
    }
    if !project.configured {
        return Err(Failure::new(Exit::Usage, "there is no config.toml to take the domain from")
            .help("`postrider init` makes one, or say e.g. `--domain example.org`"));
    }
    let config = &project.config;
    let from = config.newsletter.from.address.domain();
    Ok(config.dkim.as_ref().map_or(from, |dkim| &dkim.domain).to_owned())
}

/// A value of the command line that a configuration would not take either.
fn wrong(flag: &'static str) -> impl Fn((String, String)) -> Failure {
    move |(message, help)| Failure::new(Exit::Usage, format!("`{flag}` {message}")).help(help)
}
