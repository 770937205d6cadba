//! What a relay says back of a login: some repeat the line they did not understand, and the password is in it.

use memchr::memmem;
use zeroize::Zeroizing;

use crate::delivery::transport::OpenError;

/// The forms in which a secret goes over the wire, so that none of them is ever shown.
pub(super) struct Discretion(Vec<Zeroizing<String>>);

/// So many characters in a row give a secret away; replies are cut, and may end in the middle of one.
const TELLING: usize = 10;

impl Discretion {
    /// Keeps quiet about a secret in these forms.
    pub(super) fn about<const N: usize>(forms: [String; N]) -> Self {
        Self(forms.map(Zeroizing::new).into())
    }

    /// The error, with the relay's words cut off where they begin to tell.
    pub(super) fn keep(&self, error: OpenError) -> OpenError {
        match error {
            OpenError::Refused { stage, mut reply } => {
                reply.text = self.cut(reply.text);
                OpenError::Refused { stage, reply }
            }
            OpenError::Broken { stage, why } => OpenError::Broken { stage, why: self.cut(why) },
            OpenError::Unsafe { stage, why } => OpenError::Unsafe { stage, why },
        }
    }

    fn cut(&self, text: String) -> String {
        let telling = |form: &Zeroizing<String>| {
            let parts = form.as_bytes().windows(form.len().clamp(1, TELLING));
            parts.filter_map(|part| memmem::find(text.as_bytes(), part)).min()
        };
        match self.0.iter().filter_map(telling).min() {
            Some(at) => format!("{}…", &text[..text.floor_char_boundary(at)]),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::transport::{Reply, Stage};

    #[test]
    fn a_reply_that_repeats_a_secret_is_cut_off_before_it_in_whole_or_in_part() {
        let secret = "correct horse battery";
        let discretion = Discretion::about([secret.to_owned(), "AGFkYQBjb3JyZWN0".into()]);
        for text in [
            "5.7.8 no: correct horse battery is wrong",
            "5.7.8 no: correct hor",
            "5.7.8 no: rrect horse battery",
            "5.7.8 no: AGFkYQBjb3Jy",
        ] {
            let refused = OpenError::Refused { stage: Stage::Auth, reply: Reply::new(535, text) };
            let OpenError::Refused { reply, .. } = discretion.keep(refused) else { unreachable!() };
            assert_eq!(reply.to_string(), "535 5.7.8 no: …");
            let broken = OpenError::Broken { stage: Stage::Auth, why: text.into() };
            assert!(discretion.keep(broken).to_string().ends_with("no: …"));
        }
        let wrong = OpenError::Broken { stage: Stage::Auth, why: "wrong password".into() };
        assert_eq!(discretion.keep(wrong.clone()), wrong);
        let nothing = Discretion::about([String::new()]);
        assert_eq!(nothing.keep(wrong.clone()), wrong);
    }
}
