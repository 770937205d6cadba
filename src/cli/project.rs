//! The project a command works in: its configuration, its list and its ledger's folder.

use std::path::{Component, Path, PathBuf};

use crate::compose::look::Look;
use crate::config::{self, Config};
use crate::finding::{self, Finding};
use crate::io::files;
use crate::rule;
use crate::source::Source;
use crate::stylesheet::{self, Stylesheet};

use super::failure::Failure;

/// The configuration that `init` writes, and that sandbox and preview use where there is none.
pub(super) const EXAMPLE_CONFIG: &str = include_str!("../../config.example.toml");

/// A configuration and the folder it speaks of.
#[derive(Debug, Clone)]
pub(super) struct Project {
    /// The settings.
    pub(super) config: Config,
    /// How letters look, by the settings and their stylesheet.
    pub(super) look: Look,
    /// What is to be said of them; a gate of a live send may be among it.
    pub(super) remarks: Vec<Finding>,
    /// Whether they come from a file of the user's.
    pub(super) configured: bool,
    /// The flag `--config`.
    flag: Option<PathBuf>,
    root: PathBuf,
}

impl Project {
    /// Reads `--config`, or `config.toml` in this folder, or falls back on the example.
    pub(super) fn load(flag: Option<&Path>) -> Result<Self, Failure> {
        let path = flag.unwrap_or(Path::new("config.toml"));
        let configured = flag.is_some() || path.exists();
        let source = if configured {
            decode(path)?
        } else {
            Source::new("config.example.toml", EXAMPLE_CONFIG)
        };
        let (config, mut remarks) = config::parse(&source)?;
        let root = path.parent().unwrap_or(Path::new("")).to_owned();
        let theme = config.theme.clone();
        let sheet = match &theme.css {
            Some(css) => {
                let (sheet, more) = stylesheet::parse(&decode(&inside(&root, css)?)?)?;
                remarks.extend(more);
                sheet
            }
            None => Stylesheet::NONE,
        };
        Ok(Self {
            config,
            look: Look::new(theme, sheet),
            remarks,
            configured,
            flag: flag.map(Path::to_owned),
            root,
        })
    }

    /// Refuses to go on without a configuration of the user's.
    pub(super) fn require_config(&self) -> Result<(), Failure> {
        if self.configured {
            return Ok(());
        }
        let finding = Finding::about(&rule::CONFIG_MISSING, "config.toml", "there is no configuration, so nobody can be mailed")
            .help("type `postrider init`, then fill in config.toml; `--sandbox`, `--dry-run` and `preview` work without");
        Err(finding.into())
    }

    /// The flag `--config`, to load it again.
    pub(super) fn flag(&self) -> Option<&Path> {
        self.flag.as_deref()
    }

    /// The list.
    pub(super) fn list(&self) -> PathBuf {
        self.root.join(&self.config.audience.file)
    }

    /// The folder of the ledger.
    pub(super) fn state(&self) -> PathBuf {
        self.root.join(&self.config.state.dir)
    }

    /// The project's folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A path that the configuration names.
    pub(super) fn path(&self, named: &Path) -> PathBuf {
        self.root.join(named)
    }
}

/// A file that belongs to the project: a letter takes nothing from elsewhere on the disk.
fn inside(root: &Path, named: &Path) -> Result<PathBuf, Finding> {
    let is_below =
        named.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if is_below {
        return Ok(root.join(named));
    }
    let message = "lies outside of the project";
    Err(Finding::about(&rule::CSS_INVALID, named.display().to_string(), message)
        .help("move it beside config.toml, and give `theme.css` its path from there"))
}

/// Reads a text file, or says why it is not one.
pub(super) fn decode(path: &Path) -> Result<Source, Finding> {
    finding::decode(&path.display().to_string(), files::read(path)?)
}
