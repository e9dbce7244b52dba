//! Server-sent events as they come off a connection, in whatever pieces (HTML living standard, section 9.2.6).
//!
//! Called by follow. It is a pure reader: bytes in, events out, and no more memory than an event may have.

/// What was sent between two blank lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its name; `message` where none was sent.
    pub(crate) name: String,
    pub(crate) data: String,
}

/// An event is larger than any of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// A job with the longest spec there is has a tenth of it.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// Reads one connection.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The line that has not ended.
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed after it ends no other line.
    after_cr: bool,
    name: String,
    data: String,
    last_id: Option<String>,
    has_begun: bool,
}

impl Reader {
    /// Takes what came, and gives the events that it completes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let ends_pair = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
            match byte {
                b'\n' if ends_pair => {}
                b'\r' | b'\n' => events.extend(self.end_line()),
                _ if self.line.len() + self.data.len() >= MAX_EVENT_BYTES => return Err(TooLong),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    /// What a client that comes again says it has seen.
    pub(crate) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    fn end_line(&mut self) -> Option<Event> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let line = if is_first { line.strip_prefix('\u{feff}').unwrap_or(&line) } else { &line };
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => self.last_id = Some(value.to_owned()),
            // A comment has no field; how soon to come again is the caller's to decide.
            _ => {}
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        let (name, mut data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        // The last line feed is not part of it; without any there was no data, and so no event.
        data.pop()?;
        let name = if name.is_empty() { "message".to_owned() } else { name };
        Some(Event { name, data })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> (Vec<Event>, Option<String>) {
        let mut reader = Reader::default();
        let events = reader.push(bytes).unwrap();
        (events, reader.last_id().map(str::to_owned))
    }

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn what_the_service_sends_is_read() {
        let sent =
            b": hello\n\nid: 1-queued\nevent: queued\nretry: 1000\ndata: {\"id\":1}\n\n:\n\nid: 2\nevent:done\ndata:{}\n\n";
        assert_eq!(read(sent), (vec![event("queued", "{\"id\":1}"), event("done", "{}")], Some("2".to_owned())));
    }

    #[test]
    fn lines_end_in_three_ways_and_the_standards_corners_hold() {
        assert_eq!(read(b"data: a\r\ndata\rdata:  b\n\r").0, [event("message", "a\n\n b")]);
        assert_eq!(read("\u{feff}event: x\ndata: 1\n\n".as_bytes()).0, [event("x", "1")]);
        // Without data there is no event, but its id counts; what is not ended is not told.
        assert_eq!(read(b"event: x\nid: 7\n\ndata: half\n"), (vec![], Some("7".to_owned())));
        assert_eq!(read(b"id: 7\nid: a\0b\ndata: 1\n\n").1.as_deref(), Some("7"));
        assert_eq!(read(b"id: 7\nid\ndata: 1\n\n").1.as_deref(), Some(""));
        assert_eq!(read(b"data: \xff\n\n").0, [event("message", "\u{fffd}")]);
    }

    #[test]
    fn no_event_takes_more_than_its_share() {
        let mut reader = Reader::default();
        let line = [b"data: ", [b'a'; 1000].as_slice(), b"\n"].concat();
        let taken = (0..10_000).take_while(|_| reader.push(&line).is_ok()).count();
        assert!((1_000..1_100).contains(&taken), "{taken}");
        assert_eq!(Reader::default().push(&vec![b'a'; MAX_EVENT_BYTES + 1]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn how_it_is_cut_changes_nothing(
            lines in prop::collection::vec("(data|event|id|retry|)(: |:|)[a-zé\u{feff}]{0,3}|", 0..40),
            ends in prop::collection::vec(prop::sample::select(vec!["\n", "\r", "\r\n"]), 40),
            cuts in prop::collection::vec(1_usize..9, 1..60),
        ) {
            let sent: String = lines.iter().zip(&ends).flat_map(|(line, end)| [line.as_str(), end]).collect();
            let whole = read(sent.as_bytes());
            let (mut reader, mut events, mut rest) = (Reader::default(), Vec::new(), sent.as_bytes());
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                events.extend(reader.push(piece).unwrap());
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!((events, reader.last_id().map(str::to_owned)), whole);
        }

        #[test]
        fn no_bytes_panic_the_reader(bytes: Vec<u8>) {
            let _ = Reader::default().push(&bytes);
        }
    }
}
