//! Bytes on a socket, for what no HTTP client would send.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::within_patience;

/// Sends these bytes and no more, and gives everything that comes back until the service closes
/// the connection.
pub(crate) async fn exchange(address: &str, request: &[u8]) -> String {
    let stream = TcpStream::connect(address).await;
    let (mut reader, mut writer) = stream.expect("the service accepts").into_split();
    let writing = async {
        // The service may have heard enough before everything is sent. The sending side stays
        // open: a client that waits for its answer has not hung up.
        let _ = writer.write_all(request).await;
    };
    let reading = async {
        let mut answer = Vec::new();
        // A connection that is reset after the answer is closed all the same.
        let _ = reader.read_to_end(&mut answer).await;
        answer
    };
    let both = futures_util::future::join(writing, reading);
    let ((), answer) = within_patience("the service closes the connection", both).await;
    String::from_utf8_lossy(&answer).into_owned()
}
