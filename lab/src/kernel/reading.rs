//! Reading requests as front ends really send them.
//!
//! The protocol lets a history request leave out what it does not need; `jupyter-protocol` wants every field.

use jupyter_protocol::{Header, JupyterMessage, JupyterMessageContent};
use jupyter_zmq_client::{RawMessage, RouterRecvConnection, RuntimeError};
use serde_json::{Map, Value, json};
use zeromq::SocketRecv;

/// The next signed message of a channel.
pub async fn read(connection: &mut RouterRecvConnection) -> Result<JupyterMessage, RuntimeError> {
    let raw = RawMessage::from_multipart(connection.socket.recv().await?, &connection.mac)?;
    parse(raw)
}

fn parse(raw: RawMessage) -> Result<JupyterMessage, RuntimeError> {
    let [header, parent, metadata, content, buffers @ ..] = &raw.jparts[..] else {
        return Err(RuntimeError::InsufficientMessageParts(raw.jparts.len()));
    };
    let header: Header = serde_json::from_slice(header)?;
    let mut content: Value = serde_json::from_slice(content)?;
    if header.msg_type == "history_request"
        && let Value::Object(fields) = &mut content
    {
        complete_history_request(fields);
    }
    let content = JupyterMessageContent::from_type_and_content(&header.msg_type, content).map_err(|source| {
        RuntimeError::ParseError {
            msg_type: header.msg_type.clone(),
            source,
        }
    })?;
    Ok(JupyterMessage {
        parent_header: serde_json::from_slice(parent).ok(),
        metadata: serde_json::from_slice(metadata)?,
        buffers: buffers.to_vec(),
        zmq_identities: raw.zmq_identities,
        header,
        content,
        channel: None,
    })
}

/// What the protocol says that a missing field means; 0 for `n` is "all".
fn complete_history_request(fields: &mut Map<String, Value>) {
    let defaults = [
        ("output", json!(false)),
        ("raw", json!(true)),
        ("unique", json!(false)),
        ("n", json!(0)),
        ("start", json!(0)),
        ("stop", json!(i32::MAX)),
        ("pattern", json!("*")),
        ("hist_access_type", json!("tail")),
    ];
    for (name, value) in defaults {
        let field = fields.entry(name).or_insert(Value::Null);
        if field.is_null() {
            *field = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jupyter_protocol::HistoryRequest;

    #[test]
    fn a_search_without_the_optional_fields_is_understood() {
        let header = json!({
            "msg_id": "1", "username": "u", "session": "s", "date": "2026-01-01T00:00:00Z",
            "msg_type": "history_request", "version": "5.3",
        });
        let content =
            json!({ "hist_access_type": "search", "pattern": "6 *", "raw": true, "output": false, "stop": null });
        let jparts = [header, json!({}), json!({}), content]
            .map(|part| part.to_string().into_bytes().into())
            .to_vec();
        let message = parse(RawMessage {
            zmq_identities: Vec::new(),
            jparts,
        });
        let content = message.expect("a message").content;
        let JupyterMessageContent::HistoryRequest(HistoryRequest::Search { pattern, unique, n, .. }) = content else {
            panic!("not a search: {content:?}");
        };
        assert_eq!((pattern.as_str(), unique, n), ("6 *", false, 0));
    }
}
