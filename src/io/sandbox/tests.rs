//! The catcher over real sockets: by hand, and with lettre as a client that was written without us.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use lettre::message::Mailbox;
use lettre::{Message, SmtpTransport, Transport};

use super::*;

/// A client that types what it is told.
struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(sandbox: &Sandbox) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", sandbox.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        Self(BufReader::new(stream))
    }

    fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The code of the next complete reply.
    fn code(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.chars().take(3).collect();
            }
        }
    }

    fn codes(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.code()).collect()
    }
}

/// The letters in `new`, by name.
fn letters(folder: &Path) -> Vec<(String, String)> {
    let mut letters: Vec<_> = fs::read_dir(folder.join("new"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect();
    letters.sort();
    letters
}

#[test]
fn pipelined_letters_are_answered_in_one_write_and_stored_as_sent() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path().to_owned()).unwrap();
    let mut client = Client::connect(&sandbox);
    assert_eq!(client.code(), "220");
    client.say("EHLO [127.0.0.1]\r\n");
    assert_eq!(client.code(), "250");
    client.say("MAIL FROM:<n@example.org>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\n");
    assert_eq!(client.codes(3), ["250", "250", "354"]);
    // RFC 2920: the end of one letter and the start of the next ride together.
    client.say(
        "Subject: 1\r\n\r\n..dot\r\n...\r\n.\r\nMAIL FROM:<n@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n",
    );
    let mut group = vec![0; 4096];
    let read = client.0.read(&mut group).unwrap();
    let group = String::from_utf8(group[..read].to_vec()).unwrap();
    let lines: Vec<&str> = group.lines().collect();
    assert_eq!(lines.len(), 4, "{group}");
    assert_eq!(lines[0], "250 2.0.0 caught as 000001");
    client.say("Subject: 2\r\n\r\n.\r\nQUIT\r\n");
    assert_eq!(client.codes(2), ["250", "221"]);
    assert_eq!(client.0.read(&mut [0]).unwrap(), 0, "hangs up after QUIT");
    assert_eq!(sandbox.caught(), 2);
    sandbox.stop();
    let expected = [
        ("000001-ada@example.org.eml".to_owned(), "Subject: 1\r\n\r\n.dot\r\n..\r\n".to_owned()),
        ("000002-bob@example.org.eml".to_owned(), "Subject: 2\r\n\r\n".to_owned()),
    ];
    assert_eq!(letters(folder.path()), expected);
}

#[test]
fn two_connections_do_not_mix_their_letters() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path().to_owned()).unwrap();
    let mut clients = [Client::connect(&sandbox), Client::connect(&sandbox)];
    let steps = [
        "EHLO a\r\n",
        "MAIL FROM:<n@example.org>\r\n",
        "RCPT TO:<NAME@example.org>\r\n",
        "DATA\r\n",
    ];
    for client in &mut clients {
        assert_eq!(client.code(), "220");
    }
    for step in steps {
        for (client, name) in clients.iter_mut().zip(["ada", "bob"]) {
            client.say(&step.replace("NAME", name));
            assert!(["250", "354"].contains(&client.code().as_str()));
        }
    }
    for (client, name) in clients.iter_mut().zip(["ada", "bob"]) {
        client.say(&format!("for {name}\r\n"));
    }
    for client in &mut clients {
        client.say(".\r\n");
        assert_eq!(client.code(), "250");
    }
    sandbox.stop();
    let expected = [
        ("000001-ada@example.org.eml".to_owned(), "for ada\r\n".to_owned()),
        ("000002-bob@example.org.eml".to_owned(), "for bob\r\n".to_owned()),
    ];
    assert_eq!(letters(folder.path()), expected);
}

#[test]
fn a_letter_without_its_dot_is_not_caught() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path().to_owned()).unwrap();
    let mut client = Client::connect(&sandbox);
    client.say("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\nhalf a letter\r\n");
    assert_eq!(client.codes(5), ["220", "250", "250", "250", "354"]);
    drop(client);
    assert_eq!(sandbox.caught(), 0);
    sandbox.stop();
    assert_eq!(letters(folder.path()), []);
}

#[test]
fn a_letter_to_several_recipients_is_stored_once_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path().to_owned()).unwrap();
    let mut client = Client::connect(&sandbox);
    client.say(
        "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nx\r\n.\r\n",
    );
    assert_eq!(client.codes(7).last().unwrap(), "250");
    assert_eq!(sandbox.caught(), 2);
    sandbox.stop();
    assert_eq!(letters(folder.path()).len(), 2);
}

#[test]
fn the_connection_after_the_hundredth_is_sent_away() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path().to_owned()).unwrap();
    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| Client::connect(&sandbox)).collect();
    for client in &mut clients {
        assert_eq!(client.code(), "220");
    }
    assert_eq!(Client::connect(&sandbox).code(), "421");
    sandbox.stop();
    assert_eq!(clients[0].0.read(&mut [0]).unwrap_or(0), 0, "stop hangs up");
}

#[test]
fn lettre_delivers_what_it_composed() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(folder.path().to_owned()).unwrap();
    let mailbox = |address: &str| address.parse::<Mailbox>().unwrap();
    let message = Message::builder()
        .from(mailbox("News <news@example.org>"))
        .to(mailbox("Ada <ada@example.org>"))
        .subject("Dots and é")
        .body(".one\n..two\n.\nthree\n".to_owned())
        .unwrap();
    let transport = SmtpTransport::builder_dangerous("127.0.0.1").port(sandbox.port()).build();
    for _ in 0..3 {
        assert!(transport.send(&message).unwrap().is_positive());
    }
    assert_eq!(sandbox.caught(), 3);
    sandbox.stop();
    // lettre writes CRLF before its final dot, whatever the letter ends in.
    let sent = [message.formatted(), b"\r\n".to_vec()].concat();
    for (_, text) in letters(folder.path()) {
        assert_eq!(text.as_bytes(), sent);
    }
}
