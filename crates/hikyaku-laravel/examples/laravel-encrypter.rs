//! Our encrypter against Laravel's own, in both directions: `cargo run --example laravel-encrypter [ROUNDS [SEED]]`.
//!
//! It needs `php` and Laravel's classes (on Debian `apt-get install php-cli php-laravel-framework`; elsewhere the path of
//! a `vendor/autoload.php` in `LARAVEL_AUTOLOAD`). Every round takes each of the four ciphers with a new key and a new
//! length; the first rounds have all lengths around the blocks of AES.
#![expect(clippy::print_stdout, reason = "an example that a person runs")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hikyaku_laravel::encrypter::{Cipher, Encrypter};
use serde_json::{Value as Json, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CIPHERS: [Cipher; 4] = [
    Cipher::Aes128Cbc,
    Cipher::Aes256Cbc,
    Cipher::Aes128Gcm,
    Cipher::Aes256Gcm,
];

/// Rounds whose length is the number of the round: four blocks.
const EVERY_LENGTH: usize = 64;
/// The longest plaintext of the other rounds, in bytes.
const LONGEST: usize = 20_000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().map_or(Ok(500), |text| text.parse())?;
    let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut laravel = Laravel::start()?;
    for round in 0..rounds {
        let length = match round {
            round if round < EVERY_LENGTH => round,
            _ => random.usize(..LONGEST),
        };
        for cipher in CIPHERS {
            let plain = bytes(&mut random, length);
            compare(&mut laravel, &mut random, cipher, &plain)
                .map_err(|error| format!("{cipher}, {length} bytes, seed {seed}: {error}"))?;
        }
    }
    laravel.stop()?;
    println!(
        "{rounds} rounds of 4 ciphers: laravel and hikyaku read each other and refuse the same"
    );
    Ok(())
}

/// One plaintext there and back, as a string and as a command, and one changed bit.
fn compare(
    laravel: &mut Laravel,
    random: &mut fastrand::Rng,
    cipher: Cipher,
    plain: &[u8],
) -> Result<()> {
    let key = bytes(random, cipher.key_length());
    let ours = Encrypter::new(&format!("base64:{}", BASE64.encode(&key)), "", cipher)?;
    let mut iv = [0; 16];
    random.fill(&mut iv);
    let command = [b"O:3:\"Job\":1:{s:1:\"t\";s:0:\"\";}", plain].concat();

    let text = ours.encrypt(plain, iv)?;
    same(
        "laravel read a string",
        laravel.decrypt(cipher, &key, &text, false)?.as_deref(),
        plain,
    )?;
    let changed = with_a_changed_bit(random, &text)?;
    if ours.decrypt(&changed).is_ok() || laravel.decrypt(cipher, &key, &changed, false)?.is_some() {
        return Err("a changed message was read".into());
    }
    let text = ours.encrypt_command(&command, iv)?;
    same(
        "laravel read a command",
        laravel.decrypt(cipher, &key, &text, true)?.as_deref(),
        &command,
    )?;
    let text = laravel.encrypt(cipher, &key, plain, false)?;
    same("we read a string", Some(&ours.decrypt(&text)?), plain)?;
    let text = laravel.encrypt(cipher, &key, &command, true)?;
    same(
        "we read a command",
        Some(&ours.decrypt_command(&text)?),
        &command,
    )
}

fn same(what: &str, read: Option<&[u8]>, plain: &[u8]) -> Result<()> {
    match read {
        Some(read) if read == plain => Ok(()),
        Some(_) => Err(format!("{what}, but another one").into()),
        None => Err(format!("{what}: refused").into()),
    }
}

/// The message with one bit of its iv, value or tag changed.
fn with_a_changed_bit(random: &mut fastrand::Rng, text: &str) -> Result<String> {
    let mut message: Json = serde_json::from_slice(&BASE64.decode(text)?)?;
    let fields = ["iv", "value", "tag"];
    let fields: Vec<_> = fields
        .into_iter()
        .filter(|&field| message[field].as_str().is_some_and(|text| !text.is_empty()))
        .collect();
    let field = random.choice(fields).ok_or("a message without fields")?;
    let mut bytes = BASE64.decode(message[field].as_str().unwrap_or_default())?;
    let bit = random.usize(..bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    message[field] = BASE64.encode(bytes).into();
    Ok(BASE64.encode(message.to_string()))
}

fn bytes(random: &mut fastrand::Rng, length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect()
}

/// A PHP process with Laravel's encrypter in it.
struct Laravel {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Laravel {
    fn start() -> Result<Self> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/laravel/encrypter.php"
        );
        let mut process = Command::new("php")
            .arg(script)
            .args(std::env::var_os("LARAVEL_AUTOLOAD"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("starting php: {error}"))?;
        let requests = process.stdin.take().ok_or("php has no standard input")?;
        let answers = process.stdout.take().ok_or("php has no standard output")?;
        Ok(Self {
            process,
            requests,
            answers: BufReader::new(answers),
        })
    }

    fn encrypt(
        &mut self,
        cipher: Cipher,
        key: &[u8],
        plain: &[u8],
        serialize: bool,
    ) -> Result<String> {
        let answer = self.ask(&json!({
            "do": "encrypt",
            "cipher": cipher.to_string(),
            "key": BASE64.encode(key),
            "serialize": serialize,
            "text": BASE64.encode(plain),
        }))?;
        let text = answer["text"].as_str().ok_or("laravel did not encrypt")?;
        Ok(text.to_owned())
    }

    /// The plaintext, or none where Laravel refuses the message.
    fn decrypt(
        &mut self,
        cipher: Cipher,
        key: &[u8],
        text: &str,
        serialize: bool,
    ) -> Result<Option<Vec<u8>>> {
        let answer = self.ask(&json!({
            "do": "decrypt",
            "cipher": cipher.to_string(),
            "key": BASE64.encode(key),
            "serialize": serialize,
            "text": text,
        }))?;
        let text = answer["text"].as_str();
        Ok(text.map(|text| BASE64.decode(text)).transpose()?)
    }

    fn ask(&mut self, request: &Json) -> Result<Json> {
        writeln!(self.requests, "{request}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(|error| format!("php answered: {error}").into())
    }

    fn stop(mut self) -> Result<()> {
        drop(self.requests);
        match self.process.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("php ended with {status}").into()),
        }
    }
}
