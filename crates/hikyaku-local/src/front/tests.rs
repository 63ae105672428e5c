//! The door before servers that serve one request at a time.

use super::*;

async fn server() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A request for this path.
async fn ask(front: &Front, path: &str) -> TcpStream {
    send(
        front,
        &format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    )
    .await
}

async fn send(front: &Front, text: &str) -> TcpStream {
    let address = (Ipv4Addr::LOCALHOST, front.port());
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(text.as_bytes()).await.unwrap();
    client
}

/// Takes the next connection of a server and hears what path was asked for.
async fn hear(server: &TcpListener) -> (TcpStream, String) {
    let (mut connection, _) = server.accept().await.unwrap();
    let mut heard = [0; 1024];
    let length = connection.read(&mut heard).await.unwrap();
    let heard = String::from_utf8_lossy(&heard[..length]).into_owned();
    let path = heard.split(' ').nth(1).unwrap();
    (connection, path.trim_start_matches('/').to_owned())
}

async fn answer(mut connection: TcpStream, text: &str) {
    connection.write_all(text.as_bytes()).await.unwrap();
}

async fn answered(mut client: TcpStream) -> String {
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_request_never_lies_behind_another_while_a_server_is_idle() {
    let ((one, first), (other, second)) = (server().await, server().await);
    let front = Front::open(0, &[first, second]).await.unwrap();
    let long = ask(&front, "long").await;
    let (long_one, heard) = hear(&one).await;
    assert_eq!(heard, "long");
    for _ in 0..5 {
        let short = ask(&front, "short").await;
        let (connection, heard) = hear(&other).await;
        assert_eq!(heard, "short");
        answer(connection, "done").await;
        assert_eq!(answered(short).await, "done");
    }
    answer(long_one, "done at last").await;
    assert_eq!(answered(long).await, "done at last");
}

#[test]
fn free_ports_are_different_ones() {
    let mut ports = free_ports(20).unwrap();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 20);
    assert!(ports.iter().all(|port| PORTS.contains(port)));
}

#[tokio::test]
async fn who_finds_every_server_busy_waits() {
    let (server, port) = server().await;
    let front = Front::open(0, &[port]).await.unwrap();
    let first = ask(&front, "first").await;
    let (connection, _) = hear(&server).await;
    let second = ask(&front, "second").await;
    answer(connection, "done").await;
    assert_eq!(answered(first).await, "done");
    let (connection, heard) = hear(&server).await;
    assert_eq!(heard, "second");
    answer(connection, "done too").await;
    assert_eq!(answered(second).await, "done too");
}

#[tokio::test]
async fn a_connection_without_a_request_takes_no_server() {
    let (server, port) = server().await;
    let front = Front::open(0, &[port]).await.unwrap();
    let silent = send(&front, "").await;
    let slow = send(&front, "GET /slow HTTP/1.1\r\nHost: local").await;
    let client = ask(&front, "request").await;
    let (connection, heard) = hear(&server).await;
    assert_eq!(heard, "request");
    answer(connection, "done").await;
    assert_eq!(answered(client).await, "done");
    drop((silent, slow));
}

#[tokio::test]
async fn a_server_is_busy_for_a_client_that_has_gone_until_it_ends_the_connection() {
    let ((one, first), (other, second)) = (server().await, server().await);
    let front = Front::open(0, &[first, second]).await.unwrap();
    let gone = ask(&front, "gone").await;
    let (abandoned, _) = hear(&one).await;
    gone.set_zero_linger().unwrap();
    drop(gone);
    for _ in 0..3 {
        let client = ask(&front, "next").await;
        let (connection, _) = hear(&other).await;
        answer(connection, "done").await;
        assert_eq!(answered(client).await, "done");
    }
    drop(abandoned);
}

#[tokio::test]
async fn when_the_door_closes_its_connections_break() {
    let (server, port) = server().await;
    let front = Front::open(0, &[port]).await.unwrap();
    let mut client = ask(&front, "request").await;
    let (_connection, _) = hear(&server).await;
    let door = front.port();
    front.close().await;
    let mut heard = String::new();
    // Reset or ended, but not left hanging.
    let read = client.read_to_string(&mut heard).await;
    assert_eq!(read.unwrap_or(0), 0);
    Front::open(door, &[port]).await.unwrap();
}

/// What browsers send that a server of pages answers: its own pages, those of other servers here, a link, the address bar.
const LET_IN: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080",
    "GET / HTTP/1.1\r\nHost: localhost:8080\r\nSec-Fetch-Site: none\r\nUser-Agent: Mozilla/5.0",
    "GET /image HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0\r\nReferer: http://localhost/",
    "POST / HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: http://localhost:8080\r\nSec-Fetch-Site: same-origin",
    "POST / HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: null\r\nSec-Fetch-Site: same-origin",
    "OPTIONS / HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: http://localhost:5173\r\nSec-Fetch-Site: same-site",
    "POST / HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: http://127.0.0.1:5173\r\nSec-Fetch-Site: cross-site",
    "GET /back HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document",
    "GET / HTTP/1.1\r\nHost: shop.test",
    "POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://shop.test",
];

/// What they send for somebody else's page.
const KEPT_OUT: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: evil.example",
    "GET / HTTP/1.1\r\nHost: evil",
    "GET http://evil.example/ HTTP/1.1\r\nHost: localhost",
    "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example",
    "POST /hikyaku/jobs HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example",
    "POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\nSec-Fetch-Site: cross-site",
    "POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: null",
    "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example",
    "GET /image HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image",
    "GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe",
    "POST / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document",
];

#[tokio::test]
async fn pages_of_this_machine_reach_the_servers_and_others_do_not() {
    let (server, port) = server().await;
    let names = ["shop.test".to_owned()];
    let front = Front::open_to(&names, 0, &[port]).await.unwrap();
    for request in LET_IN {
        let client = send(&front, &format!("{request}\r\n\r\n")).await;
        let (connection, _) = hear(&server).await;
        answer(connection, "done").await;
        assert_eq!(answered(client).await, "done", "{request}");
    }
    for request in KEPT_OUT {
        let client = send(&front, &format!("{request}\r\n\r\n")).await;
        let told = answered(client).await;
        assert!(told.starts_with("HTTP/1.1 403 "), "{request}\n{told}");
        assert!(
            !told.to_ascii_lowercase().contains("access-control"),
            "{told}"
        );
    }
    for request in [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nbad name: x\r\n\r\n",
        "\0\x01\r\n\r\n",
    ] {
        let told = answered(send(&front, request).await).await;
        assert!(told.starts_with("HTTP/1.1 400 "), "{request:?}\n{told}");
    }
    let client = ask(&front, "still").await;
    let (connection, heard) = hear(&server).await;
    assert_eq!(heard, "still", "none of them reached a server");
    answer(connection, "done").await;
    assert_eq!(answered(client).await, "done");
}

#[tokio::test]
async fn a_head_that_comes_in_pieces_and_a_body_arrive_to_the_byte() {
    let (server, port) = server().await;
    let front = Front::open(0, &[port]).await.unwrap();
    let whole = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nbody\r\n\r\nx";
    let mut client = send(&front, "").await;
    for piece in whole.as_bytes().chunks(7) {
        client.write_all(piece).await.unwrap();
        tokio::task::yield_now().await;
    }
    let (mut connection, _) = server.accept().await.unwrap();
    let mut heard = vec![0; whole.len()];
    connection.read_exact(&mut heard).await.unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), whole);
    answer(connection, "done").await;
    assert_eq!(answered(client).await, "done");
}
