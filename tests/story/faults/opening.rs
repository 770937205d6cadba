//! Faults until the login: nobody there, no greeting, no protection, no entry.

use crate::support::authority::Authority;
use crate::support::desk::Desk;
use crate::support::few::{READERS, Send};
use crate::support::script::{Act, Phase, Rule, Script, Security, Talk, in_every_talk};

in_every_talk! {
    row_4_no_greeting,
    row_5_the_greeting_refuses,
    row_6_busy_twice_and_then_well,
    rows_7_and_13_a_login_only_under_tls,
    row_8_plaintext_glued_to_the_reply_to_starttls,
    row_9_certificates_that_do_not_vouch,
    row_10_the_handshake_is_reset_once,
    row_11_a_wrong_password_is_tried_once,
}

fn starttls(authority: &Authority) -> Script {
    Script::new()
        .offering(&["AUTH PLAIN"])
        .secured(Security::StartTls(authority.server(&["127.0.0.1"])))
}

#[test]
fn row_2_packets_go_nowhere() {
    let listener =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let port = listener.local_addr().unwrap().as_socket().unwrap();
    // The kernel answers no further handshake once nobody has accepted so many.
    let patience = std::time::Duration::from_millis(200);
    let taken: Vec<_> =
        (0..8).map_while(|_| std::net::TcpStream::connect_timeout(&port, patience).ok()).collect();
    assert!(taken.len() < 8, "this kernel takes connections nobody asked for");
    let desk = Desk::new(2, port.port());
    let config = desk.read("config.toml").replace("connect = \"2s\"", "connect = \"100ms\"");
    desk.write("config.toml", &config);
    desk.run("send drafts/tide.md --yes").exits(3).says("no connection within 100ms");
    assert_eq!(desk.counts()["pending"], 2);
}

#[test]
fn row_3_the_name_does_not_resolve() {
    let desk = Desk::new(2, 587);
    let config = desk.read("config.toml").replace("127.0.0.1", "relay.invalid");
    let config = config.replace("tls = \"none\"", "tls = \"starttls\"");
    desk.write("config.toml", &config.replace("connect = \"2s\"", "connect = \"500ms\""));
    desk.run("send drafts/tide.md --yes").exits(3).says("cannot be reached");
    assert_eq!(desk.counts()["pending"], 2);
}

fn row_4_no_greeting(talk: Talk) {
    let send =
        Send::to(talk, Script::new().on(Phase::Greeting, Act::Stall), "").impatient("greeting");
    send.run().exits(3).says("no greeting within 200ms");
    assert_eq!(send.desk.counts()["pending"], READERS);
}

fn row_5_the_greeting_refuses(talk: Talk) {
    let send =
        Send::to(talk, Script::new().on(Phase::Greeting, Act::reply("554 5.7.1 go away")), "");
    send.run().exits(5).says("554 5.7.1 go away");
    send.all_pending();
}

fn row_6_busy_twice_and_then_well(talk: Talk) {
    let busy = Rule::at(Phase::Greeting, Act::ReplyFin("421 4.3.2 busy".into())).times(2);
    let send = Send::to(talk, Script::new().with(busy), "");
    let run = send.run().exits(0);
    assert!(run.stdout.contains("\"event\":\"slowed\""), "{}", run.stdout);
    send.all_sent();
}

fn rows_7_and_13_a_login_only_under_tls(talk: Talk) {
    let authority = Authority::new();
    let send = Send::secured(talk, Script::new().offering(&["AUTH PLAIN"]), &authority);
    send.run().exits(6).says("the relay does not offer STARTTLS");
    assert_eq!(send.relay.count("AUTH"), 0);
    send.all_pending();
    let send = Send::secured(talk, starttls(&authority).offering_in_tls(&["SIZE"]), &authority);
    send.run().exits(6).says("offers neither AUTH PLAIN nor AUTH LOGIN");
    assert_eq!(send.relay.count("AUTH"), 0);
    send.all_pending();
}

fn row_8_plaintext_glued_to_the_reply_to_starttls(talk: Talk) {
    let authority = Authority::new();
    let glued = Act::TwoReplies("220 go".into(), "250-AUTH PLAIN".into());
    let send = Send::secured(talk, starttls(&authority).on(Phase::StartTls, glued), &authority);
    send.run().exits(6).says("TLS injection");
    assert_eq!(send.relay.count("AUTH"), 0);
    send.all_pending();
}

fn row_9_certificates_that_do_not_vouch(talk: Talk) {
    let authority = Authority::new();
    let expired = Security::StartTls(authority.expired_server(&["127.0.0.1"]));
    let other = Security::StartTls(authority.server(&["mail.example.org"]));
    let stranger = Security::StartTls(Authority::new().server(&["127.0.0.1"]));
    for (security, why) in
        [(expired, "expired"), (other, "not valid for name"), (stranger, "invalid peer")]
    {
        let script = Script::new().offering(&["AUTH PLAIN"]).secured(security);
        let send = Send::secured(talk, script, &authority);
        send.run().exits(6).says(why);
        assert_eq!(send.relay.count("AUTH"), 0);
        send.all_pending();
    }
}

fn row_10_the_handshake_is_reset_once(talk: Talk) {
    let authority = Authority::new();
    let reset = Rule::at(Phase::Handshake, Act::Rst).times(1);
    let send = Send::secured(talk, starttls(&authority).with(reset), &authority);
    send.run().exits(0);
    send.all_sent();
}

fn row_11_a_wrong_password_is_tried_once(talk: Talk) {
    let authority = Authority::new();
    let wrong = Act::reply("535 5.7.8 authentication failed");
    let send = Send::secured(talk, starttls(&authority).on(Phase::Auth, wrong), &authority);
    send.run().exits(6).says("535 5.7.8");
    assert_eq!(send.relay.count("AUTH"), 1);
    send.all_pending();
}
