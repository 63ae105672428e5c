//! PHP as a child process, and the frames it speaks in.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/laravel/differential.php"
);

/// A running script. It is killed when it is dropped.
pub(crate) struct Php {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Drop for Php {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Php {
    pub(crate) fn make(what: &str, seed: u32, count: usize) -> io::Result<Self> {
        let mut command = command();
        command.args([what, &seed.to_string(), &count.to_string()]);
        let (php, _) = spawn(command.stdin(Stdio::null()))?;
        Ok(php)
    }

    /// The next frame.
    pub(crate) fn frame(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.output.read_exact(&mut length)?;
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        self.output.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// What PHP writes for each text after reading it, or its refusal.
pub(crate) fn echo(
    texts: &[Vec<u8>],
    mut each: impl FnMut(usize, Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let mut command = command();
    command.arg("echo");
    let (mut php, input) = spawn(command.stdin(Stdio::piped()))?;
    let input = input.ok_or_else(|| io::Error::other("php has no input"))?;
    thread::scope(|scope| {
        let sender = scope.spawn(move || send(texts, input));
        for index in 0..texts.len() {
            each(index, php.frame()?)?;
        }
        sender
            .join()
            .map_err(|_| io::Error::other("the sender panicked"))?
    })
}

fn send(texts: &[Vec<u8>], input: ChildStdin) -> io::Result<()> {
    let mut input = BufWriter::new(input);
    for text in texts {
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        input.write_all(&length.to_le_bytes())?;
        input.write_all(text)?;
    }
    input.flush()
}

fn command() -> Command {
    let mut command = Command::new("php");
    // What php.ini may say of these must not get into the frames.
    command.args([
        "-d",
        "serialize_precision=-1",
        "-d",
        "display_errors=stderr",
    ]);
    command.arg(SCRIPT);
    command
}

fn spawn(command: &mut Command) -> io::Result<(Php, Option<ChildStdin>)> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let input = child.stdin.take();
    let output = child.stdout.take();
    let output = output.ok_or_else(|| io::Error::other("php has no output"))?;
    let output = BufReader::with_capacity(1 << 16, output);
    Ok((Php { child, output }, input))
}
