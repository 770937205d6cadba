//! From the first packet to the login.

use super::*;

fn starttls(authority: &Authority, names: &[&str]) -> Script {
    Script::new()
        .offering(&["AUTH PLAIN LOGIN"])
        .secured(Security::StartTls(authority.server(names)))
}

fn unsafe_because(error: OpenError) -> (Stage, String) {
    match error {
        OpenError::Unsafe { stage, why } => (stage, why),
        other => panic!("{other:?}"),
    }
}

fn broken_open(error: OpenError) -> (Stage, String) {
    match error {
        OpenError::Broken { stage, why } => (stage, why),
        other => panic!("{other:?}"),
    }
}

fn refused_open(error: OpenError) -> (Stage, String) {
    match error {
        OpenError::Refused { stage, reply } => (stage, reply.to_string()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_listens() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = Way::to(port).refused().await;
    assert_eq!(broken_open(error), (Stage::Connect, "connection refused".into()));
}

#[tokio::test]
async fn the_relay_does_not_greet() {
    let relay = Relay::start(Script::new().on(Phase::Greeting, Act::Stall));
    let way = Way::to(relay.port()).timeouts(|timeouts| timeouts.greeting = SHORT);
    let error = way.refused().await;
    assert_eq!(broken_open(error), (Stage::Greeting, "no greeting within 150ms".into()));
}

#[tokio::test]
async fn the_relay_refuses_the_connection_in_its_greeting() {
    let relay =
        Relay::start(Script::new().on(Phase::Greeting, Act::reply("554 5.7.1 no service for you")));
    let error = Way::to(relay.port()).refused().await;
    assert_eq!(refused_open(error), (Stage::Greeting, "554 5.7.1 no service for you".into()));
    assert_eq!(relay.commands(), Vec::<String>::new());
}

#[tokio::test]
async fn the_relay_is_busy_twice_and_then_takes_the_letter() {
    let busy = Rule::at(Phase::Greeting, Act::ReplyFin("421 4.3.2 busy".into())).times(2);
    let relay = Relay::start(Script::new().with(busy));
    let way = Way::to(relay.port());
    for _ in 0..2 {
        assert_eq!(refused_open(way.refused().await), (Stage::Greeting, "421 4.3.2 busy".into()));
    }
    send_afresh(&way, &letter_to("reader@example.net")).await.unwrap();
    assert_eq!(relay.copies("reader@example.net"), 1);
}

#[tokio::test]
async fn ehlo_is_refused() {
    let relay = Relay::start(Script::new().on(Phase::Ehlo, Act::reply("550 5.7.1 bad name")));
    let error = Way::to(relay.port()).refused().await;
    assert_eq!(refused_open(error), (Stage::Ehlo, "550 5.7.1 bad name".into()));
}

#[tokio::test]
async fn a_whole_letter_goes_through_starttls_and_login() {
    let authority = Authority::new();
    let relay = Relay::start(starttls(&authority, &["127.0.0.1"]));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &authority).login();
    let message = letter_to("reader@example.net");
    let reply = send_afresh(&way, &message).await.unwrap();
    assert_eq!(reply.to_string(), "250 2.0.0 queued as 1");
    assert_eq!(relay.journal()[0].letter, message.content.to_vec());
    assert_eq!(relay.journal()[0].message_id, message.id);
    let expected = [
        "EHLO desk.example.org",
        "STARTTLS",
        "EHLO desk.example.org",
        "AUTH PLAIN AGFkYQBodW50ZXIy",
        "MAIL FROM:<news@example.org>",
        "RCPT TO:<reader@example.net>",
        "DATA",
        "QUIT",
    ];
    assert_eq!(relay.commands(), expected);
}

#[tokio::test]
async fn a_whole_letter_goes_through_implicit_tls_and_auth_login() {
    let authority = Authority::new();
    let security = Security::Implicit(authority.server(&["127.0.0.1"]));
    let relay = Relay::start(Script::new().offering(&["AUTH LOGIN", "SIZE"]).secured(security));
    let way = Way::to(relay.port()).tls(Tls::Implicit, &authority).login();
    let message = large_letter("reader@example.net");
    send_afresh(&way, &message).await.unwrap();
    assert!(relay.journal()[0].letter == message.content.to_vec());
    let commands = relay.commands();
    assert_eq!(commands[1..4], ["AUTH LOGIN", "YWRh", "aHVudGVyMg=="]);
    assert_eq!(commands[4], format!("MAIL FROM:<news@example.org> SIZE={}", message.content.len()));
}

#[tokio::test]
async fn starttls_is_required_and_not_offered() {
    let authority = Authority::new();
    let relay = Relay::start(Script::new().offering(&["AUTH PLAIN"]));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &authority).login();
    let error = way.refused().await;
    assert_eq!(unsafe_because(error), (Stage::Tls, "the relay does not offer STARTTLS".into()));
    assert_eq!(relay.commands(), ["EHLO desk.example.org"]);
}

#[tokio::test]
async fn starttls_is_offered_and_then_refused() {
    let authority = Authority::new();
    let not_now = Act::reply("454 4.7.0 TLS not available");
    let relay = Relay::start(starttls(&authority, &["127.0.0.1"]).on(Phase::StartTls, not_now));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &authority).login();
    let error = way.refused().await;
    assert_eq!(refused_open(error), (Stage::Tls, "454 4.7.0 TLS not available".into()));
    assert_eq!(relay.count("AUTH"), 0);
}

#[tokio::test]
async fn somebody_glues_plaintext_to_the_reply_to_starttls() {
    let authority = Authority::new();
    let glued = Act::TwoReplies("220 go".into(), "250-AUTH PLAIN".into());
    let relay = Relay::start(starttls(&authority, &["127.0.0.1"]).on(Phase::StartTls, glued));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &authority).login();
    let (stage, why) = unsafe_because(way.refused().await);
    assert_eq!(stage, Stage::Tls);
    assert_eq!(why, "TLS injection: bytes in clear follow the reply to STARTTLS");
    assert_eq!(relay.count("AUTH"), 0);
}

#[tokio::test]
async fn the_certificate_has_expired() {
    let authority = Authority::new();
    let security = Security::Implicit(authority.expired_server(&["127.0.0.1"]));
    let relay = Relay::start(Script::new().offering(&["AUTH PLAIN"]).secured(security));
    let way = Way::to(relay.port()).tls(Tls::Implicit, &authority).login();
    let (stage, why) = unsafe_because(way.refused().await);
    assert_eq!(stage, Stage::Tls);
    assert!(why.contains("certificate expired"), "{why}");
    assert_eq!(relay.count("AUTH"), 0);
}

#[tokio::test]
async fn the_certificate_is_for_another_host() {
    let authority = Authority::new();
    let relay = Relay::start(starttls(&authority, &["mail.example.org"]));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &authority).login();
    let (stage, why) = unsafe_because(way.refused().await);
    assert_eq!(stage, Stage::Tls);
    assert!(why.contains("not valid for name"), "{why}");
    assert_eq!(relay.count("AUTH"), 0);
}

#[tokio::test]
async fn the_certificate_is_signed_by_a_stranger() {
    let relay = Relay::start(starttls(&Authority::new(), &["127.0.0.1"]));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &Authority::new()).login();
    let (stage, why) = unsafe_because(way.refused().await);
    assert_eq!(stage, Stage::Tls);
    assert!(why.contains("invalid peer certificate"), "{why}");
    assert_eq!(relay.count("AUTH"), 0);
}

#[tokio::test]
async fn the_handshake_is_reset_once() {
    let authority = Authority::new();
    let reset = Rule::at(Phase::Handshake, Act::Rst).times(1);
    let relay = Relay::start(starttls(&authority, &["127.0.0.1"]).with(reset));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &authority).login();
    assert_eq!(broken_open(way.refused().await).0, Stage::Tls);
    send_afresh(&way, &letter_to("reader@example.net")).await.unwrap();
    assert_eq!(relay.copies("reader@example.net"), 1);
}

#[tokio::test]
async fn a_relay_that_speaks_no_tls_on_its_tls_port_is_unsafe() {
    let relay = Relay::start(Script::new());
    let way = Way::to(relay.port()).tls(Tls::Implicit, &Authority::new()).login();
    assert_eq!(unsafe_because(way.refused().await).0, Stage::Tls);
}

#[tokio::test]
async fn the_password_is_wrong_and_tried_once() {
    let authority = Authority::new();
    let wrong = Act::reply("535 5.7.8 authentication failed");
    let relay = Relay::start(starttls(&authority, &["127.0.0.1"]).on(Phase::Auth, wrong));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &authority).login();
    let error = way.refused().await;
    assert_eq!(refused_open(error), (Stage::Auth, "535 5.7.8 authentication failed".into()));
    assert_eq!(relay.count("AUTH"), 1);
}

#[tokio::test]
async fn the_login_fails_for_a_while() {
    let later = Rule::at(Phase::Auth, Act::reply("454 4.7.0 try later")).times(2);
    let relay = Relay::start(Script::new().offering(&["AUTH LOGIN"]).with(later));
    let way = Way::to(relay.port()).login();
    for _ in 0..2 {
        assert_eq!(refused_open(way.refused().await), (Stage::Auth, "454 4.7.0 try later".into()));
    }
    send_afresh(&way, &letter_to("reader@example.net")).await.unwrap();
    assert_eq!(relay.count("AUTH"), 3);
}

#[tokio::test]
async fn the_offer_of_a_login_vanishes_under_tls() {
    let authority = Authority::new();
    let relay = Relay::start(starttls(&authority, &["127.0.0.1"]).offering_in_tls(&["SIZE"]));
    let way = Way::to(relay.port()).tls(Tls::StartTls, &authority).login();
    let why = "the relay offers neither AUTH PLAIN nor AUTH LOGIN".into();
    assert_eq!(unsafe_because(way.refused().await), (Stage::Auth, why));
    assert_eq!(relay.count("AUTH"), 0);
}

#[tokio::test]
async fn a_reply_without_end_is_not_read_to_its_end() {
    for flood in ["250-x\r\n", "250-no line ever ends "] {
        let flood = Act::Flood(flood.repeat(1000).into_bytes());
        let relay = Relay::start(Script::new().on(Phase::Ehlo, flood));
        let error = Way::to(relay.port()).refused().await;
        assert_eq!(broken_open(error), (Stage::Ehlo, "the relay's reply does not end".into()));
    }
}

#[tokio::test]
async fn an_ehlo_reply_of_blank_lines_and_a_size_that_is_no_number_changes_nothing() {
    let odd = ["SIZE abc", " ", "", "\t", "\u{1}", "8BITMIME"];
    let relay = Relay::start(Script::new().offering(&odd));
    send_afresh(&Way::to(relay.port()), &letter_to("reader@example.net")).await.unwrap();
    assert_eq!(relay.copies("reader@example.net"), 1);
}

#[tokio::test]
async fn ten_thousand_lines_are_no_reply_to_ehlo() {
    let lines = vec!["X-NOTHING"; 10_000];
    let relay = Relay::start(Script::new().offering(&lines));
    let error = Way::to(relay.port()).refused().await;
    assert_eq!(broken_open(error), (Stage::Ehlo, "the relay's reply does not end".into()));
}
