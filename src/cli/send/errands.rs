//! What the studio asks of a send: the same letters the same way, with words instead of a terminal.

use std::path::Path;

use crate::check::gate::Allowed;
use crate::report::Printer;
use crate::studio::{Catch, Forecast};

use super::super::failure::Failure;
use super::super::project::Project;
use super::{SendArgs, desk, rehearse, test_copy};

/// `send DRAFT --to ADDRESS`.
pub(in super::super) fn test_copy(
    draft: &Path,
    project: &Project,
    to: &str,
) -> Result<String, Failure> {
    project.require_config()?;
    let args = SendArgs { draft: draft.to_owned(), to: Some(to.to_owned()), ..SendArgs::default() };
    test_copy::deliver(&desk(&args, project, Allowed::default(), Printer::QUIET)?, to)
}

/// `send DRAFT --dry-run`, without files.
pub(in super::super) fn forecast(draft: &Path, project: &Project) -> Result<Forecast, Failure> {
    let args = SendArgs { draft: draft.to_owned(), dry_run: true, ..SendArgs::default() };
    rehearse::forecast(&desk(&args, project, Allowed::default(), Printer::QUIET)?)
}

/// `send DRAFT --sandbox`.
pub(in super::super) fn catch(draft: &Path, project: &Project) -> Result<Catch, Failure> {
    let args = SendArgs { draft: draft.to_owned(), sandbox: true, ..SendArgs::default() };
    rehearse::caught(&desk(&args, project, Allowed::default(), Printer::QUIET)?)
}
