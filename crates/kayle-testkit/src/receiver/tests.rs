use kayle_crypto::{PrivateKey, PublicKey, SignatureError, signature_header};
use kayle_primitives::{Entropy, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const NOW_MS: i64 = 1_777_978_800_000;
const SECRET: &str = "whsec_test_secret";
const PATIENCE: Duration = Duration::from_secs(10);

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(NOW_MS)
    }
}

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

async fn started(behaviour: Behaviour) -> Receiver {
    let receiver = Receiver::start(Arc::new(StoppedClock), behaviour).await;
    receiver.expect("a loopback port is free")
}

async fn send(receiver: &Receiver, headers: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(receiver.address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "POST /hook?a=1 HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Everything that comes back until the receiver closes the connection.
async fn answer(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn status_of(stream: TcpStream) -> String {
    let answer = answer(stream).await;
    answer.lines().next().unwrap_or("nothing").to_owned()
}

#[tokio::test]
async fn a_request_is_recorded_as_it_arrived() {
    let receiver = started(Behaviour::good()).await;

    let stream = send(&receiver, "x-b: 1\r\nx-a: 2\r\nx-b: 3\r\n", "text").await;
    assert_eq!(status_of(stream).await, "HTTP/1.1 204 No Content");

    let requests = receiver.wait_for(1, PATIENCE).await.unwrap();
    let request = &requests[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/hook?a=1")
    );
    assert_eq!(request.body, "text");
    assert_eq!(request.received_at, Timestamp::from_unix_ms(NOW_MS));
    assert_eq!(request.header("x-a"), Ok("2"));
    assert_eq!(
        request.header("x-b"),
        Err(Refusal::Header("x-b")),
        "there are two"
    );
    assert_eq!(request.header("x-c"), Err(Refusal::Header("x-c")));
}

#[tokio::test]
async fn the_script_is_followed_in_the_order_of_arrival() {
    let script = [
        Reaction::Status(500),
        Reaction::Redirect(302, "http://127.0.0.1/".to_owned()),
        Reaction::HangUp,
        Reaction::StatusAfter(Duration::ZERO, 410),
    ];
    let receiver = started(Behaviour::script(script)).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(status_of(send(&receiver, "", "").await).await);
    }
    assert_eq!(
        answers,
        [
            "HTTP/1.1 500 Internal Server Error",
            "HTTP/1.1 302 Found",
            "nothing",
            "HTTP/1.1 410 Gone",
            "HTTP/1.1 204 No Content",
        ]
    );
}

#[tokio::test]
async fn an_answer_is_held_until_its_release() {
    let receiver = started(Behaviour::always(Reaction::StatusOnRelease(200))).await;
    let stream = send(&receiver, "", "").await;
    receiver.wait_for(1, PATIENCE).await.unwrap();
    receiver.release();
    assert_eq!(status_of(stream).await, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn a_body_has_the_length_that_was_asked_for() {
    let receiver = started(Behaviour::always(Reaction::Body(200, 100_000))).await;
    let answer = answer(send(&receiver, "", "").await).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 100000"));
    assert_eq!(body.len(), 100_000);
}

#[tokio::test]
async fn waiting_for_more_than_comes_says_how_many_came() {
    let receiver = started(Behaviour::good()).await;
    status_of(send(&receiver, "", "").await).await;
    assert_eq!(
        receiver.wait_for(2, Duration::from_millis(1)).await,
        Err(TooFewRequests {
            wanted: 2,
            arrived: 1,
            timeout: Duration::from_millis(1)
        })
    );
}

#[tokio::test]
async fn what_the_service_signs_and_encrypts_is_verified_and_read() {
    let key = PrivateKey::generate();
    let public = key.public_jwk_members();
    let public = PublicKey::import(&public.n, &public.e).unwrap();
    let jwe = public.encrypt("label", br#"{"type":"x"}"#, &Zeros).unwrap();
    let signature = signature_header(SECRET, Timestamp::from_unix_ms(NOW_MS), jwe.as_bytes());
    let receiver = started(Behaviour::good()).await;

    let header = format!("X-Kayle-Signature: {signature}\r\n");
    status_of(send(&receiver, &header, &jwe).await).await;

    let request = receiver.received().remove(0);
    assert_eq!(request.verify(SECRET), Ok(()));
    assert_eq!(
        request.verify("whsec_another"),
        Err(Refusal::Signature(SignatureError::Mismatch))
    );
    let opened = request
        .decrypt(&key)
        .expect("it was encrypted for this key");
    assert_eq!(opened.key_id, "label");
    assert_eq!(opened.event, serde_json::json!({ "type": "x" }));
    assert!(request.decrypt(&PrivateKey::generate()).is_err());
}
