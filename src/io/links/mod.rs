//! Following links to see whether they lead anywhere, politely: one request at a time to a host, a handful of hosts at
//! once, HEAD before GET, a name and an address to complain to, and nothing asked again within a day.

mod cache;
mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use tokio::time::sleep;
use url::Url;

use crate::check::online::{LinkState, LinkStates};
use crate::finding::{Finding, shown};
use crate::io::smtp::Trust;
pub use cache::Cache;
use request::{Answer, Caller, Method, Trouble};

/// Hosts that are talked to at once.
const HOSTS: usize = 16;
/// Between two requests to one host.
const PAUSE: Duration = Duration::from_millis(200);
/// How long to wait before the same is asked again, by the number of the attempt.
const RETRIES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// A host that asks for more patience than this gets no second request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Redirects that are followed.
const HOPS: usize = 10;

/// Follows each address, unless the cache knows it. `agent` is how we introduce ourselves, `timeout` what a server may
/// take to be reached, and again to answer.
pub async fn visit(
    urls: BTreeSet<Url>,
    agent: &str,
    timeout: Duration,
    cache: &mut Cache,
    now: Timestamp,
) -> Result<LinkStates, Box<Finding>> {
    let caller = Caller::new(agent, timeout, Trust::Platform.connector()?);
    let mut states = LinkStates::new();
    let mut hosts: BTreeMap<String, Vec<Url>> = BTreeMap::new();
    for url in urls {
        match cache.get(url.as_str(), now) {
            Some(state) => {
                states.insert(url.into(), state);
            }
            None => {
                hosts.entry(url.host_str().unwrap_or_default().to_owned()).or_default().push(url);
            }
        }
    }
    let mut visits = stream::iter(hosts.into_values().map(|urls| visit_host(&caller, urls)))
        .buffer_unordered(HOSTS);
    while let Some(found) = visits.next().await {
        for (url, state) in found {
            cache.put(url.as_str(), &state, now);
            states.insert(url.into(), state);
        }
    }
    Ok(states)
}

/// Follows the addresses of one host, one after the other.
async fn visit_host(caller: &Caller, urls: Vec<Url>) -> Vec<(Url, LinkState)> {
    let mut states = Vec::new();
    for url in urls {
        if !states.is_empty() {
            sleep(PAUSE).await;
        }
        let state = follow(caller, &url).await;
        states.push((url, state));
    }
    states
}

/// Follows an address to its end.
async fn follow(caller: &Caller, url: &Url) -> LinkState {
    let mut at = url.clone();
    // Where the address has moved for good, as far as every step before was for good, too.
    let mut moved = None;
    let mut is_for_good = true;
    for _ in 0..HOPS {
        let answer = match ask(caller, &at).await {
            Ok(answer) => answer,
            Err(trouble) => return from_trouble(trouble),
        };
        if !answer.is_redirect() {
            return from_status(answer.status, moved);
        }
        let next = answer.location.as_deref().and_then(|location| at.join(location).ok());
        let Some(next) = next.filter(|next| matches!(next.scheme(), "http" | "https")) else {
            return LinkState::Unsure("redirects to nowhere".into());
        };
        is_for_good &= matches!(answer.status, 301 | 308);
        if is_for_good {
            moved = Some(String::from(next.clone()));
        }
        at = next;
    }
    LinkState::Unsure(format!("redirects more than {HOPS} times"))
}

/// Asks once more what may have been a passing trouble.
async fn ask(caller: &Caller, url: &Url) -> Result<Answer, Trouble> {
    let mut pauses = RETRIES.into_iter();
    loop {
        let answered = ask_either_way(caller, url).await;
        let wanted = match &answered {
            Ok(answer) if matches!(answer.status, 429 | 500..=599) => answer.retry_after,
            Err(Trouble::Slow(_) | Trouble::Broken(_)) => None,
            _ => return answered,
        };
        let (Some(pause), true) = (pauses.next(), wanted.unwrap_or_default() <= PATIENCE) else {
            return answered;
        };
        sleep(wanted.unwrap_or_default().max(pause)).await;
    }
}

/// HEAD, and GET where a server does not care for HEAD.
async fn ask_either_way(caller: &Caller, url: &Url) -> Result<Answer, Trouble> {
    match caller.call(Method::Head, url).await {
        Ok(answer) if answer.status >= 400 && answer.status != 429 => {
            caller.call(Method::Get, url).await
        }
        Err(Trouble::Broken(_)) => caller.call(Method::Get, url).await,
        answered => answered,
    }
}

fn from_status(status: u16, moved: Option<String>) -> LinkState {
    match (status, moved) {
        (200..=299, None) => LinkState::Alive,
        (200..=299, Some(to)) => LinkState::Moved(to),
        (404 | 410, _) => LinkState::Gone(format!("answers {status}")),
        (status, _) => LinkState::Unsure(format!("answers {status}")),
    }
}

fn from_trouble(trouble: Trouble) -> LinkState {
    match trouble {
        Trouble::NoHost => LinkState::Gone("there is no such host".into()),
        Trouble::NoNames => LinkState::Unsure("its host cannot be looked up now".into()),
        Trouble::Slow(timeout) => LinkState::Unsure(format!("does not answer within {timeout:?}")),
        Trouble::Broken(why) => LinkState::Unsure(shown(&why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_alive_moved_gone_or_unsure() {
        let to = || Some("https://example.org/new".to_owned());
        for (status, moved, state) in [
            (200, None, LinkState::Alive),
            (204, to(), LinkState::Moved("https://example.org/new".into())),
            (404, to(), LinkState::Gone("answers 404".into())),
            (410, None, LinkState::Gone("answers 410".into())),
            (403, None, LinkState::Unsure("answers 403".into())),
            (429, None, LinkState::Unsure("answers 429".into())),
            (503, None, LinkState::Unsure("answers 503".into())),
        ] {
            assert_eq!(from_status(status, moved), state);
        }
    }
}
