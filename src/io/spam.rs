//! Asking `SpamAssassin`, where it is installed, what it thinks of a letter.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::check::online::{SpamScore, SpamTest};

/// It reads all of its rules first, which takes seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// The score of a letter by its rules alone, without the network; nothing if the program is not installed.
pub async fn score(letter: &[u8]) -> io::Result<Option<SpamScore>> {
    let mut command = Command::new("spamassassin");
    command.args(["--local", "--test-mode"]).kill_on_drop(true);
    let started =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = match started {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        started => started?,
    };
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            stdin.write_all(letter).await?;
            stdin.shutdown().await?;
        }
        Ok::<(), io::Error>(())
    };
    let told = async { tokio::try_join!(feed, child.wait_with_output()) };
    let too_long = || io::Error::other(format!("spamassassin has not ended within {PATIENCE:?}"));
    let ((), output) = timeout(PATIENCE, told).await.map_err(|_| too_long())??;
    let report = String::from_utf8_lossy(&output.stdout);
    let score = read(&report).ok_or_else(|| io::Error::other("spamassassin gave no score"))?;
    Ok(Some(score))
}

/// The score in the header that the program adds: `X-Spam-Status: No, score=0.1 required=5.0 tests=A,B autolearn=no`.
fn read(report: &str) -> Option<SpamScore> {
    let start = report.find("X-Spam-Status:")?;
    let mut status = String::new();
    for (index, line) in report[start..].lines().enumerate() {
        if index > 0 && !line.starts_with([' ', '\t']) {
            break;
        }
        // A list of tests is folded after its commas.
        status.push_str(if status.ends_with(',') { line.trim() } else { line });
    }
    let value = |key: &str| status.split_whitespace().find_map(|word| word.strip_prefix(key));
    let points = value("score=")?.parse().ok()?;
    let tests = value("tests=").unwrap_or_default();
    let tests = tests.split(',').filter(|test| !test.is_empty() && *test != "none");
    let table = report.rfind("Content analysis details:").map_or("", |start| &report[start..]);
    let mut tests: Vec<SpamTest> = tests.map(|name| explained(name, table)).collect();
    let gave = |test: &SpamTest| test.points.unwrap_or_default();
    tests.sort_by(|one, other| gave(other).total_cmp(&gave(one)));
    Some(SpamScore { points, tests })
}

/// What a test gave and why, from the table at the report's end; its lines are `points NAME reason`, or continue the
/// reason of the line before.
fn explained(name: &str, table: &str) -> SpamTest {
    let mut lines = table.lines().map(str::trim);
    let row = lines.find_map(|line| {
        let mut words = line.split_whitespace();
        let points: f64 = words.next()?.parse().ok()?;
        (words.next()? == name).then(|| (Some(points), words.collect::<Vec<_>>().join(" ")))
    });
    let (points, mut why) = row.unwrap_or_default();
    let is_more = |line: &&str| {
        let first = line.split(' ').next().unwrap_or_default();
        !line.is_empty() && first.parse::<f64>().is_err()
    };
    for more in lines.take_while(is_more) {
        why = format!("{why} {more}");
    }
    SpamTest { name: name.to_owned(), points, why: why.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_and_its_tests_are_read_from_folded_headers() {
        let report = "Received: x\nX-Spam-Status: Yes, score=6.3 required=5.0 tests=HTML_MESSAGE,\n\tSUBJ_ALL_CAPS,MISSING_DATE autolearn=no\n\tversion=4.0.1\n\nbody score=1\n";
        let score = read(report).unwrap();
        let names: Vec<&str> = score.tests.iter().map(|test| test.name.as_str()).collect();
        assert_eq!(
            (score.points, names.join(" ")),
            (6.3, "HTML_MESSAGE SUBJ_ALL_CAPS MISSING_DATE".into())
        );
        let none =
            read("X-Spam-Status: No, score=-0.1 required=5.0 tests=none autolearn=no\n").unwrap();
        assert_eq!((none.points, none.tests.len()), (-0.1, 0));
        assert_eq!(read("no header"), None);
    }

    #[test]
    fn each_test_has_its_points_and_its_reason_from_the_table_and_the_heaviest_comes_first() {
        let report = "X-Spam-Status: Yes, score=5.6 required=5.0 tests=HTML_MESSAGE,MISSING_DATE,\n\tNO_RELAYS,ODD\n\n\
            Content analysis details:   (5.6 points, 5.0 required)\n\n \
            pts rule name              description\n\
            ---- ---------------------- --------------------------------------------------\n \
            0.1 HTML_MESSAGE           BODY: HTML included\n                            in message\n \
            2.7 MISSING_DATE           Missing Date: header\n\
            -0.0 NO_RELAYS              Informational: message was not relayed via SMTP\n\n";
        let told: Vec<String> = read(report)
            .unwrap()
            .tests
            .iter()
            .map(|test| format!("{:?} {} {}", test.points, test.name, test.why))
            .collect();
        assert_eq!(
            told,
            [
                "Some(2.7) MISSING_DATE Missing Date: header",
                "Some(0.1) HTML_MESSAGE BODY: HTML included in message",
                "None ODD ",
                "Some(-0.0) NO_RELAYS Informational: message was not relayed via SMTP",
            ]
        );
    }
}
