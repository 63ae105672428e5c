//! What a browser sends for a web page, at every door of the cloud.

use super::*;

/// One request to the letter; returns the whole answer.
async fn ask(endpoint: &str, request: &str) -> String {
    let address = endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A request that is refused early may be answered by a reset once the answer was read.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

/// A request that would do something, and how its protocol names what to do.
struct Deed {
    endpoint: String,
    method: &'static str,
    path: String,
    headers: String,
    body: String,
}

impl Deed {
    fn with(&self, headers: &str) -> String {
        format!(
            "{} {} HTTP/1.1\r\n{headers}{}content-length: {}\r\nconnection: close\r\n\r\n{}",
            self.method,
            self.path,
            self.headers,
            self.body.len(),
            self.body
        )
    }
}

const JSON: &str = "content-type: application/x-amz-json-1.0\r\n";
const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";
const TEXT: &str = "content-type: text/plain;charset=UTF-8\r\n";
const SEND: &str = "x-amz-target: AmazonSQS.SendMessage\r\n";
const PUT: &str = "content-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.PutItem\r\n\
    authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n\
    x-amz-date: 20260101T000000Z\r\n";
const LOGS: &str = "x-amz-target: Logs_20140328.FilterLogEvents\r\n";
const ASYNCHRONOUS: &str = "x-amz-invocation-type: Event\r\n";

/// What would send a job, run a function or write a row, in every way that a page could try.
fn deeds(cloud: &Cloud) -> Vec<Deed> {
    let at = cloud.endpoints();
    let form = "Action=SendMessage&Version=2012-11-05&MessageBody=x";
    let queue = "/000000000000/dead";
    let in_url = &format!("{queue}?{form}");
    let send = &json!({ "QueueUrl": format!("{}{queue}", at.sqs), "MessageBody": "x" }).to_string();
    let put = &json!({ "TableName": "ledger", "Item": { "pk": { "S": "x" } } }).to_string();
    let echo = "/2015-03-31/functions/echo/invocations";
    let (event, logs) = (r#"{"do":"echo"}"#, r#"{"logGroupName":"/aws/lambda/echo"}"#);
    let json_send = &format!("{JSON}{SEND}");
    [
        (&at.sqs, "POST", "/", json_send.as_str(), send.as_str()),
        (&at.sqs, "POST", queue, FORM, form),
        (&at.sqs, "GET", in_url, "", ""),
        (&at.sqs, "POST", in_url, TEXT, "x"),
        (&at.dynamodb, "POST", "/", PUT, put),
        (&at.lambda, "POST", echo, TEXT, event),
        (&at.lambda, "POST", echo, ASYNCHRONOUS, event),
        (&at.lambda, "POST", "/", LOGS, logs),
        (&at.lambda, "GET", "/2015-03-31/functions", "", ""),
        (
            &at.lambda,
            "GET",
            "/2015-03-31/event-source-mappings",
            "",
            "",
        ),
        (&at.lambda, "GET", "/no/such/path", "", ""),
    ]
    .map(|(endpoint, method, path, headers, body)| Deed {
        endpoint: endpoint.to_owned(),
        method,
        path: path.to_owned(),
        headers: headers.to_owned(),
        body: body.to_owned(),
    })
    .into()
}

/// What a page's request brings along, `HERE` being the address that it goes to.
const OF_A_PAGE: &[&str] = &[
    "host: HERE\r\norigin: https://evil.example\r\n",
    "host: HERE\r\norigin: null\r\n",
    "host: HERE\r\norigin: http://localhost:3000\r\n",
    "host: HERE\r\norigin: http://HERE.evil.example\r\n",
    "host: HERE\r\norigin: http://HERE\r\norigin: https://evil.example\r\n",
    "host: HERE\r\nsec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\n",
    "host: HERE\r\nsec-fetch-site: same-site\r\n",
    "host: HERE\r\nsec-fetch-site: whatever comes next\r\n",
    "host: HERE\r\nreferer: https://evil.example/\r\n",
    "host: evil.example\r\n",
    "host: 127.0.0.1.evil.example\r\n",
    "host: localhost.evil.example:9324\r\n",
    "host: evillocalhost\r\n",
    "host: HERE@evil.example\r\n",
    "host: 0.0.0.0\r\n",
    "host: 192.0.2.7\r\n",
    "host: HERE\r\nhost: evil.example\r\n",
    "host: \r\n",
];

#[tokio::test]
async fn no_web_page_gets_through_any_door() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    let mut seen = cloud.watch();
    for deed in deeds(&cloud) {
        let here = deed.endpoint.trim_start_matches("http://");
        for headers in OF_A_PAGE {
            let request = deed.with(&headers.replace("HERE", here));
            let answer = ask(&deed.endpoint, &request).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{request}\n{answer}");
            let head = answer.split("\r\n\r\n").next().unwrap();
            let head = head.to_ascii_lowercase();
            assert!(!head.contains("access-control"), "{request}\n{answer}");
        }
    }
    let counts = cloud
        .sqs()
        .counts(&QueueName::new("dead").unwrap())
        .unwrap();
    assert_eq!(counts, crate::sqs::Counts::default());
    assert!(seen.try_recv().is_err(), "nothing happened");
    let scan = serde_json::from_value(json!({ "TableName": "ledger" })).unwrap();
    assert_eq!(cloud.dynamodb().database().scan(scan).unwrap().count, 0);
    cloud.stop().await;
}

#[tokio::test]
async fn no_page_is_told_that_it_may_ask() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    let Endpoints {
        sqs,
        dynamodb,
        lambda,
    } = cloud.endpoints();
    for endpoint in [sqs, dynamodb, lambda] {
        let here = endpoint.trim_start_matches("http://");
        for origin in ["https://evil.example", "null", endpoint] {
            let request = format!(
                "OPTIONS / HTTP/1.1\r\nhost: {here}\r\norigin: {origin}\r\naccess-control-request-method: POST\r\n\
                 access-control-request-headers: x-amz-target\r\nconnection: close\r\n\r\n"
            );
            let answer = ask(endpoint, &request).await;
            assert!(!answer.starts_with("HTTP/1.1 2"), "{request}\n{answer}");
            assert!(
                !answer.to_ascii_lowercase().contains("access-control-allow"),
                "{request}\n{answer}"
            );
        }
    }
    cloud.stop().await;
}

#[tokio::test]
async fn a_browsers_image_is_refused_even_where_the_browser_says_nothing_of_its_page() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    let here = cloud.endpoints().sqs.trim_start_matches("http://");
    let send = "/000000000000/dead?Action=SendMessage&Version=2012-11-05&MessageBody=x";
    let request = format!(
        "GET {send} HTTP/1.1\r\nhost: {here}\r\nuser-agent: Mozilla/5.0 (old)\r\nconnection: close\r\n\r\n"
    );
    let answer = ask(&cloud.endpoints().sqs, &request).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    cloud.stop().await;
}

/// What AWS's clients, curl and a person at the address bar send.
const OF_PROGRAMS: &[&str] = &[
    "host: HERE\r\nuser-agent: aws-sdk-php/3.300\r\n",
    "host: localhost:9324\r\n",
    "host: LOCALHOST\r\n",
    "host: sqs.localhost:9324\r\n",
    "host: [::1]:9324\r\n",
    "host: 127.0.0.53\r\n",
    "host: host.docker.internal:9324\r\n",
    "host: HERE\r\norigin: http://HERE\r\nsec-fetch-site: same-origin\r\n",
    "host: HERE\r\nsec-fetch-site: none\r\nuser-agent: Mozilla/5.0\r\n",
];

#[tokio::test]
async fn programs_of_this_machine_are_let_in() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    for deed in deeds(&cloud) {
        let here = deed.endpoint.trim_start_matches("http://");
        for headers in OF_PROGRAMS {
            let request = deed.with(&headers.replace("HERE", here));
            let answer = ask(&deed.endpoint, &request).await;
            let expected = match deed.path.as_str() {
                "/no/such/path" => "HTTP/1.1 404 ",
                _ if deed.headers.contains("x-amz-invocation-type") => "HTTP/1.1 202 ",
                _ => "HTTP/1.1 200 ",
            };
            assert!(answer.starts_with(expected), "{request}\n{answer}");
            assert!(
                !answer.to_ascii_lowercase().contains("access-control"),
                "{answer}"
            );
        }
    }
    cloud.stop().await;
}

#[tokio::test]
async fn a_name_lets_in_who_is_told_to() {
    let cloud = cloud(TEMPLATE, |options| {
        options.hosts = vec!["hikyaku".to_owned(), "jobs.test".to_owned()];
    })
    .await
    .unwrap();
    let sqs = &cloud.endpoints().sqs;
    let list = |host: &str| {
        format!("GET /?Action=ListQueues HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
    };
    for host in ["hikyaku:9324", "jobs.test", "JOBS.test:80"] {
        let answer = ask(sqs, &list(host)).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}\n{answer}");
    }
    for host in ["other.test", "a.jobs.test", "hikyaku.evil.example"] {
        let answer = ask(sqs, &list(host)).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{host}\n{answer}");
        assert!(answer.contains("--allow-host"), "{host}\n{answer}");
    }
    cloud.stop().await;
}

#[tokio::test]
async fn who_listens_to_the_network_answers_to_addresses_and_still_to_no_page() {
    let cloud = cloud(TEMPLATE, |options| {
        options.bind = std::net::Ipv4Addr::UNSPECIFIED.into();
    })
    .await
    .unwrap();
    let sqs = &cloud.endpoints().sqs;
    let list = |headers: &str| {
        format!("GET /?Action=ListQueues HTTP/1.1\r\n{headers}\r\nconnection: close\r\n\r\n")
    };
    for host in [
        "192.0.2.7:9324",
        "172.17.0.1",
        "[2001:db8::1]:9324",
        "localhost",
    ] {
        let answer = ask(sqs, &list(&format!("host: {host}"))).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}\n{answer}");
    }
    for headers in [
        "host: evil.example",
        "host: 0.0.0.0:9324",
        "host: [::]:9324",
        "host: 192.0.2.7\r\norigin: https://evil.example",
        "host: 192.0.2.7\r\nuser-agent: Mozilla/5.0",
    ] {
        let answer = ask(sqs, &list(headers)).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{headers}\n{answer}");
    }
    cloud.stop().await;
}

#[tokio::test]
async fn a_functions_own_server_is_no_open_door_either() {
    let cloud = cloud(TEMPLATE, |_| {}).await.unwrap();
    let described = crate::lambda::Invocation {
        function: "echo".to_owned(),
        payload: json!({ "do": "describe" }).to_string().into(),
        trace: None,
    };
    let answer = crate::lambda::Invoke::invoke(cloud.lambda(), described);
    let told: Value = serde_json::from_slice(&answer.await.unwrap().result.unwrap()).unwrap();
    let here = told["api"].as_str().unwrap();
    for headers in OF_A_PAGE {
        for path in ["invocation/next", "invocation/x/response", "init/error"] {
            let method = if path.ends_with("next") {
                "GET"
            } else {
                "POST"
            };
            let headers = headers.replace("HERE", here);
            let request = format!(
                "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
            );
            let answer = ask(here, &request).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{request}\n{answer}");
        }
    }
    cloud.stop().await;
}
