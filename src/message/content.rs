//! The content of a letter (RFC 5321 2.3.1): pieces that all letters of an issue share, and between them what is one
//! reader's. It is never put together to be sent, only written part by part.

use std::fmt;
use std::sync::Arc;

use super::mime::MARK;

/// Header and body of one reader's letter.
#[derive(Clone)]
pub struct Content {
    shell: Arc<Shell>,
    own: Own,
}

/// The pieces that all letters of an issue share: one more than there are marks between them.
#[derive(Debug)]
pub struct Shell {
    pieces: Vec<Box<[u8]>>,
    len: usize,
}

/// What stands before each piece.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    /// One after the other.
    pub(super) bytes: Vec<u8>,
    /// Where in them what stands before a piece ends.
    ends: Vec<usize>,
}

impl Own {
    /// Begins with what stands before the first piece, with room for values of this many bytes between so many pieces.
    pub(super) fn beginning_with(start: &[u8], room: usize, pieces: usize) -> Self {
        let mut bytes = Vec::with_capacity(start.len() + room);
        bytes.extend_from_slice(start);
        Self { bytes, ends: Vec::with_capacity(pieces) }
    }

    /// The next piece follows.
    pub(super) fn piece(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

impl Shell {
    /// Cuts a letter at its marks.
    pub(super) fn cut(letter: &[u8]) -> Self {
        let pieces: Vec<Box<[u8]>> = letter.split(|&byte| byte == MARK).map(Box::from).collect();
        Self { len: pieces.iter().map(|piece| piece.len()).sum(), pieces }
    }

    /// The pieces in their order.
    pub fn pieces(&self) -> &[Box<[u8]>] {
        &self.pieces
    }
}

impl Content {
    pub(super) fn new(shell: Arc<Shell>, own: Own) -> Self {
        debug_assert_eq!(shell.pieces.len(), own.ends.len(), "a value for each mark");
        Self { shell, own }
    }

    /// What its pieces come from: letters of an issue share it.
    pub fn shell(&self) -> &Arc<Shell> {
        &self.shell
    }

    /// What stands before each piece, in their order.
    pub fn own(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.own.ends.iter().copied());
        starts.zip(&self.own.ends).map(|(start, &end)| &self.own.bytes[start..end])
    }

    /// All of it in order; none of the parts is empty.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let both = self.own().zip(&self.shell.pieces).flat_map(|(own, piece)| [own, piece]);
        both.filter(|part| !part.is_empty())
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.shell.len + self.own.bytes.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Put together.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.len());
        self.parts().for_each(|part| all.extend_from_slice(part));
        all
    }

    /// What the first piece is preceded by.
    pub(super) fn start_mut(&mut self) -> &mut [u8] {
        let end = self.own.ends.first().copied().unwrap_or_default();
        &mut self.own.bytes[..end]
    }
}

/// A content of which nothing is shared.
impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        let own = Own { ends: vec![bytes.len()], bytes };
        Self { shell: Arc::new(Shell::cut(b"")), own }
    }
}

#[cfg(test)]
impl Content {
    /// A letter of these parts, each one's own and the shared one behind it.
    pub(crate) fn of(parts: &[(&str, &str)]) -> Self {
        let mut own = Own::default();
        for (part, _) in parts {
            own.bytes.extend_from_slice(part.as_bytes());
            own.piece();
        }
        let pieces: Vec<&str> = parts.iter().map(|(_, piece)| *piece).collect();
        let marked = pieces.join(char::from(MARK).encode_utf8(&mut [0; 1]));
        Self::new(Shell::cut(marked.as_bytes()).into(), own)
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.to_vec() == other.to_vec()
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_vec()))
    }
}
